"""`omroeper scenario list|show|render|lint`: the prepared words, as people read them and as a linter does."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, config_file, print_json, settings_from

if TYPE_CHECKING:
    from broadcaster.model.cap import Status
    from broadcaster.render.lint import Complaint
    from broadcaster.render.scenarios import Scenario
    from broadcaster.render.templates import Templates

Name = Annotated[str, typer.Argument(metavar="NAME", help="A scenario of `omroeper scenario list`.")]
_PHASES = ("first-72-hours", "cold", "aftermath")
_FINDINGS = {"blocking": "refused", "to-accept": "to accept", "notice": "notice"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    scenario = typer.Typer(help="Prepared words: list, show, render and check them.", no_args_is_help=True)
    scenario.command("list")(list_all)
    scenario.command("show")(show)
    scenario.command("render")(render)
    scenario.command("lint")(lint)
    app.add_typer(scenario, name="scenario")


# --- list and show -----------------------------------------------------------------------------------


def list_all(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Every scenario by phase and event, and whether somebody read its texts."""
    from broadcaster.render import scenarios

    templates = _templates(config)
    found = [scenarios.load(name, templates) for name in scenarios.names(templates)]
    found.sort(key=lambda each: (_PHASES.index(each.phase), each.event))
    left_out = sorted(templates.left_out)
    if as_json:
        rows = [_summary(each, templates) for each in found]
        print_json({"scenarios": rows, "left_out": left_out})
        return
    for line in _list_lines(found):
        typer.echo(line)
    for name in left_out:
        typer.echo(f"{name}: left out, its own files have errors: run 'omroeper scenario lint'", err=True)


def _summary(scenario: "Scenario", templates: "Templates") -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "phase": scenario.phase,
        "event": scenario.event,
        "own": scenario.name in templates.own,
        "languages": list(scenario.texts),
        "unread": scenario.unread,
    }


def _list_lines(found: "list[Scenario]") -> Iterator[str]:
    phase = ""
    for scenario in found:
        if scenario.phase != phase:
            phase = scenario.phase
            yield f"{phase}:"
        yield f"  {scenario.name:<22} {scenario.event:<36} {_reading(scenario)}"


def _reading(scenario: "Scenario") -> str:
    if not scenario.unread:
        return "nagelezen"
    whole = len(scenario.unread) == len(scenario.texts)
    return "niet nagelezen" if whole else f"niet nagelezen: {' '.join(scenario.unread)}"


def show(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """The fields and texts of one scenario, and who read them."""
    scenario = _scenario(name, _templates(config))
    if as_json:
        print_json(scenario.model_dump(mode="json", exclude_none=True) | {"unread": scenario.unread})
        return
    for line in [*_head_lines(scenario), *_text_lines(scenario)]:
        typer.echo(line)


def _head_lines(scenario: "Scenario") -> Iterator[str]:
    yield f"{scenario.name}: {scenario.title} ({scenario.phase})"
    words = (scenario.category, scenario.severity, scenario.urgency, scenario.certainty)
    yield f"  {', '.join(word.value for word in words)}; {', '.join(scenario.response_types)}"
    for name, rule in scenario.fields.items():
        limits = {"choice": " | ".join(rule.options), "number": f"{rule.least} to {rule.most}"}
        limit = limits.get(rule.kind, "" if rule.kind in ("time", "area") else f"at most {rule.longest} characters")
        more = "" if rule.required else ", may stay empty"
        yield f"  --field {name}=…  {rule.kind}{f' ({limit})' if limit else ''}{more}: {rule.label}"


def _text_lines(scenario: "Scenario") -> Iterator[str]:
    for language, own in scenario.texts.items():
        yield ""
        yield f"{language}, {f'read by {own.read_by} on {own.read_on}' if own.was_read else 'niet nagelezen'}"
        for slot, text in own.slots().items():
            yield f"  {slot}: {' '.join(text.split())}"


# --- render ------------------------------------------------------------------------------------------


def render(
    name: Name,
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="NAME=VALUE", help="A field; once for each.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="CODE", help="Only this language [all].")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", metavar="KIND", help="Only this channel [all].")
    ] = None,
    status: Annotated[str, typer.Option("--status", help="Actual, Exercise or Test.")] = "Actual",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """What each channel and language would read, with every finding. Nothing is stored and nothing is sent."""
    from broadcaster.model.cap import Status

    if status not in list(Status):
        raise Failure(f"--status is one of {', '.join(Status)}.")
    items, findings = _rendered(name, field or [], Status(status), config)
    wanted = [
        item
        for item in items
        if item["language"] in (language or [item["language"]]) and item["channel"] in (channel or [item["channel"]])
    ]
    if as_json:
        print_json({"scenario": name, "items": wanted, "findings": findings})
        return
    for item in wanted:
        typer.echo(f"=== {item['channel']} · {item['language']}{_size(item)}")
        typer.echo("\n".join(part for part in (item.get("subject"), item["text"]) if part) + "\n")
    for finding in findings:
        typer.echo(f"{_FINDINGS[finding['kind']]}: {finding['field']}: {finding['message']} [{finding['code']}]")


def _size(item: dict[str, Any]) -> str:
    return f" · {item['segments']} segments, {item['encoding']}" if "segments" in item else ""


def _rendered(
    name: str, given: list[str], status: "Status", config: Path | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A draft as an officer would have begun it, composed as a preview is."""
    import asyncio

    from broadcaster import ids
    from broadcaster.clock import SystemClock
    from broadcaster.model.alert import Stage
    from broadcaster.model.cap import MsgType
    from broadcaster.render.limited import LimitedRenderer
    from broadcaster.store.drafts import DraftRow
    from broadcaster.wiring.accounts import accounts, house_of
    from broadcaster.workflow.composing import Composed, Material, compose, preview

    settings = settings_from(config)
    house = house_of(settings, accounts(settings))
    scenario = _scenario(name, house.templates)
    now = SystemClock().now().replace(microsecond=0)
    content = _content(scenario, given, status, sorted(house.specs), [area.id for area in settings.areas][:1], now)
    organisation = settings.organisations[0]
    source = content.model_copy(update={"source": organisation.name})
    row = DraftRow(ids.new_id(now), organisation.id, Stage.DRAFT, 1, MsgType.ALERT, None, source.as_json())

    async def composed() -> Composed:
        renderer = LimitedRenderer(own=settings.hub.scenarios)
        try:
            return await compose(house, renderer, Material(row, source, 1), now)
        finally:
            await renderer.aclose()

    made = asyncio.run(composed())
    return preview(made), [finding.as_json() for finding in made.every_finding]


def _content(
    scenario: "Scenario", given: list[str], status: "Status", channels: list[str], areas: list[str], now: Any
) -> Any:
    from datetime import timedelta

    from broadcaster.model.draft import DraftContent

    return DraftContent(
        status=status,
        scenario=scenario.name,
        fields=_fields(scenario, given),
        as_of=now,
        expires=now + timedelta(hours=4),
        next_update=now + timedelta(hours=1),
        areas=areas,
        channels=channels,
    )


def _fields(scenario: "Scenario", given: list[str]) -> dict[str, str | int]:
    """The fields as the API takes them: numbers as numbers."""
    found: dict[str, str | int] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise Failure(f"Write a field as NAME=VALUE, such as --field place=Noord, not '{item}'.")
        rule = scenario.fields.get(name)
        number = rule is not None and rule.kind == "number" and value.isascii() and value.isdigit()
        found[name] = int(value) if number else value
    return found


# --- lint --------------------------------------------------------------------------------------------


def lint(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="A folder of scenarios [that of the configuration].")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="CODE", help="A language they must have [our nine].")
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Check scenarios: every complaint with its file, key and remedy."""
    from broadcaster import data
    from broadcaster.render.lint import LANGUAGES
    from broadcaster.render.lint import lint as complaints_about
    from broadcaster.render.templates import Templates

    own = folder or _own_folder(config)
    if own is not None and not own.is_dir():
        raise Failure(f"{own} is no folder: name one with a folder for each scenario.")
    templates = Templates(data.find("templates"), own)
    names = sorted(templates.own) if own is not None else _names(templates)
    found = {name: complaints_about(name, templates, language or LANGUAGES) for name in names}
    rows = [_linted(name, found[name], templates) for name in names]
    if as_json:
        print_json({"ok": not any(found.values()), "folder": str(own) if own else None, "scenarios": rows})
    else:
        for line in _lint_lines(rows, found):
            typer.echo(line)
    if any(found.values()):
        raise typer.Exit(1)


def _linted(name: str, complaints: "list[Complaint]", templates: "Templates") -> dict[str, Any]:
    from broadcaster.render.lint import counted

    return {
        "name": name,
        "usable": not any(each.grave for each in complaints),
        "complaints": [each.as_json() for each in complaints],
        "readability": {language: each.as_json() for language, each in counted(name, templates).items()},
    }


def _lint_lines(rows: list[dict[str, Any]], found: "dict[str, list[Complaint]]") -> Iterator[str]:
    for row in rows:
        for each in found[row["name"]]:
            yield f"{'error' if each.grave else 'advice'}: {each}"
    for row in rows:
        for language, each in row["readability"].items():
            words = f"{each['words_per_sentence']} words a sentence, the longest {each['longest_sentence']}"
            yield f"leesbaarheid {row['name']} {language}: {each['score']} ({each['label']}), {words}"
    errors = sum(each.grave for complaints in found.values() for each in complaints)
    advice = sum(map(len, found.values())) - errors
    yield f"{len(rows)} scenarios: {errors} errors, {advice} pieces of advice."


# --- which ones --------------------------------------------------------------------------------------


def _own_folder(config: Path | None) -> Path | None:
    """The municipality's folder: that of the configuration, where there is one."""
    if config is None and not config_file(None).exists():
        return None
    return settings_from(config).hub.scenarios


def _templates(config: Path | None) -> "Templates":
    from broadcaster.render.library import library

    return library(_own_folder(config))


def _names(templates: "Templates") -> list[str]:
    from broadcaster.render import scenarios

    return scenarios.names(templates)


def _scenario(name: str, templates: "Templates") -> "Scenario":
    from broadcaster.render import scenarios

    if name in templates.left_out:
        raise Failure(f"The own files of '{name}' have errors: run 'omroeper scenario lint'.")
    if name not in scenarios.names(templates):
        raise Failure(f"There is no scenario '{name}': see 'omroeper scenario list'.")
    return scenarios.load(name, templates)
