"""Rendering: a request in, every text and every finding out. Pure: the same request gives the same bytes."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from broadcaster.channel import Texts
from broadcaster.model.draft import (
    DraftContent,
    Info,
    exercise_findings,
    language_findings,
    missing_slots,
    time_findings,
)
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render import scenarios
from broadcaster.render.bookends import bookended, missing_word
from broadcaster.render.languages import base, plain_digits
from broadcaster.render.mentions import mentioned
from broadcaster.render.pieces import pieces, today, unsubscribing
from broadcaster.render.request import Rendered, RenderRequest
from broadcaster.render.scenarios import Scenario
from broadcaster.render.templates import Templates, house_templates

Progress = Callable[[str], None]
"""Told what is being rendered right before it is: whoever watches a process die then knows where."""
TEXT, SUBJECT, PAGE = "text.txt", "subject.txt", "page.html"
"""The files of a layout; only the first must be there."""


def render(request: RenderRequest, templates: Templates | None = None, progress: Progress = lambda _: None) -> Rendered:
    """Every text of every kind and language, and all findings at once. A bad template is a finding."""
    run = _Run(request, templates or house_templates(), progress)
    scenario = run.scenario()
    infos = run.scenario_infos(scenario) if scenario else run.drafted_infos()
    content = _completed(request.content, scenario, infos)
    progress("contacts")
    mentions = mentioned(content, scenario)
    replaced = mentioned(request.replaced, run.scenario_of(request.replaced)) if request.replaced else ()
    boards = {language: pieces(request, language, info, run.house.words) for language, info in infos.items()}
    texts = {
        (kind, language): made
        for language, context in boards.items()
        for kind in request.kinds
        if (made := run.texts(kind, language, context))
    }
    run.found.extend(_draft_findings(request, content))
    run.found.extend(_house_findings(request, content, run.house))
    return Rendered(texts, infos, boards, tuple(dict.fromkeys(run.found)), mentions, replaced)


@dataclass(frozen=True, slots=True)
class _Run:
    request: RenderRequest
    house: Templates
    progress: Progress
    found: list[Finding] = field(default_factory=list)

    def scenario(self) -> Scenario | None:
        name = self.request.content.scenario
        if name is None:
            return None
        try:
            return scenarios.load(name, self.house)
        except KeyError:
            message = f"Er is geen scenario '{name}'. Kies een ander scenario."
            self.found.append(Finding("scenario-unknown", FindingKind.BLOCKING, "scenario", message))
        except ValueError as error:
            self.found.append(failed(f"scenarios/{name}", _reason(error), "scenario"))
        return None

    def scenario_of(self, earlier: DraftContent) -> Scenario | None:
        """The scenario of an earlier alert, if it is still there."""
        with suppress(KeyError, ValueError):
            return None if earlier.scenario is None else scenarios.load(earlier.scenario, self.house)
        return None

    def scenario_infos(self, scenario: Scenario) -> dict[str, Info]:
        self.found.extend(scenarios.check(scenario, self.request.content.fields or {}, self.request.area_names))
        self.found.extend(scenarios.age_findings(scenario, self.request.content, self.request.sent_at))
        infos = {language: self._scenario_info(scenario, language) for language in self._in_order(scenario.texts)}
        made = {language: info for language, info in infos.items() if info}
        self.found.extend(scenarios.unread_findings(scenario, made, self.request.content.status))
        return made

    def _scenario_info(self, scenario: Scenario, language: str) -> Info | None:
        where = f"scenarios/{scenario.name}/{language}.toml"
        self.progress(where)
        fields, zone = self.request.content.fields or {}, ZoneInfo(self.request.timezone)
        names = self.request.area_names
        try:
            return scenarios.info_of(scenario, language, fields, zone, today(self.request), names, self.house)
        except Exception as error:  # noqa: BLE001 (a template may raise anything; it costs itself)
            self.found.append(failed(where, _reason(error), "scenario"))
            return None

    def drafted_infos(self) -> dict[str, Info]:
        given = self.request.content.infos
        plain = {language: _with_plain_digits(given[language]) for language in self._in_order(given)}
        for language, info in plain.items():
            if info != given[language]:
                message = f"Cijfers staan in '{language}' nu als 0-9, zodat iedereen ze kan lezen."
                self.found.append(Finding(f"digits:{language}", FindingKind.NOTICE, f"infos.{language}", message))
        return plain

    def _in_order(self, languages: Collection[str]) -> list[str]:
        """The hub's languages first, as it orders them; then by name."""
        first = [language for language in self.request.languages if language in languages]
        return [*first, *sorted(set(languages) - set(first))]

    def texts(self, kind: str, language: str, context: dict[str, str]) -> Texts | None:
        names = [name for name in (TEXT, SUBJECT, PAGE) if self.house.has(_layout(kind, name))]
        context = context | unsubscribing(language, self.house.words)
        made = {name: self._rendered(_layout(kind, name), language, context) for name in names}
        text = made.get(TEXT)
        if text is None or None in made.values():
            return None
        word = context["word"] or None
        plainly = language in self.request.content.without_accents
        made_of = Texts(language, text, self.request.sent_at, made.get(SUBJECT), made.get(PAGE), word, plainly)
        texts = bookended(made_of)
        self.found.extend(missing_word(kind, texts))
        return texts

    def _rendered(self, name: str, language: str, context: dict[str, str]) -> str | None:
        where = f"{name} ({language})"
        self.progress(where)
        try:
            return self.house.render(name, context).strip()
        except Exception as error:  # noqa: BLE001 (a template may raise anything; it costs itself)
            self.found.append(failed(where, _reason(error), "channels"))
            return None


def _layout(kind: str, name: str) -> str:
    return f"layouts/{kind}/{name}"


def failed(where: str, why: str, field: str) -> Finding:
    """The finding for a template that made nothing."""
    message = f"Het sjabloon {where} maakt geen bericht. Vraag de beheerder om hulp. ({why})"
    return Finding("template-failed", FindingKind.BLOCKING, field, message)


def _reason(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    at = f"regel {line}: " if line else ""
    return at + " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _with_plain_digits(info: Info) -> Info:
    given = info.model_dump(exclude_none=True)
    return Info.model_validate({slot: plain_digits(text) for slot, text in given.items()})


def _completed(content: DraftContent, scenario: Scenario | None, infos: dict[str, Info]) -> DraftContent:
    filled = scenarios.with_defaults(scenario, content) if scenario else content
    return filled.model_copy(update={"infos": infos})


def _draft_findings(request: RenderRequest, content: DraftContent) -> Iterator[Finding]:
    yield from missing_slots(content)
    yield from time_findings(content, request.sent_at)
    yield from language_findings(content, list(request.languages))
    yield from exercise_findings(content)


def _house_findings(request: RenderRequest, content: DraftContent, house: Templates) -> Iterator[Finding]:
    """What the house lacks for this draft: a layout for a kind, fixed words for a language."""
    for kind in request.kinds:
        if not house.has(_layout(kind, TEXT)):
            message = f"Voor het kanaal '{kind}' is er geen opmaak. Haal het kanaal weg of vraag de beheerder om hulp."
            yield Finding("layout-missing", FindingKind.BLOCKING, "channels", message)
    for language in content.infos:
        if language not in house.words and base(language) not in house.words:
            message = f"Voor '{language}' zijn er geen vaste woorden: nummer en tijden staan er in het Engels."
            yield Finding(f"words-missing:{language}", FindingKind.NOTICE, f"infos.{language}", message)
