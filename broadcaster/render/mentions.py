"""Every contact that a draft mentions, and where: in its typed fields, its lines, and its texts in each language.

Here, in the renderer's limited process, as a text may be made to cost.
"""

from collections.abc import Iterator

from broadcaster.model.contacts import ContactKind, Mention, found_in, key_of
from broadcaster.model.draft import DraftContent, texts_of
from broadcaster.render.scenarios import Scenario

MOST = 500
"""Mentions that are looked at; a message holds a handful."""
_TYPED = {"phone": ContactKind.PHONE, "url": ContactKind.URL, "address": ContactKind.ADDRESS}


def mentioned(content: DraftContent, scenario: Scenario | None) -> tuple[tuple[str, Mention], ...]:
    """Each contact with the field it stands in. What a scenario's own words mention is said once, of the scenario."""
    typed = [*_fields(content, scenario)] if scenario else []
    known = {(mention.kind, mention.key) for _, mention in typed}
    found = [*typed]
    for field, mention in _texts(content):
        if scenario is not None and field.startswith("infos."):
            if (mention.kind, mention.key) in known:
                continue
            known.add((mention.kind, mention.key))
            field = "scenario"  # noqa: PLW2901 (the officer cannot change it there)
        found.append((field, mention))
    return tuple(found[:MOST])


def _fields(content: DraftContent, scenario: Scenario) -> Iterator[tuple[str, Mention]]:
    for name, value in (content.fields or {}).items():
        rule = scenario.fields.get(name)
        if rule is None or not isinstance(value, str) or rule.kind in ("choice", "area", "time"):
            continue
        kind = _TYPED.get(rule.kind)
        for mention in found_in(value) if kind is None else _whole(kind, value.strip()):
            yield f"fields.{name}", mention


def _whole(kind: ContactKind, value: str) -> Iterator[Mention]:
    """A field that holds one contact and nothing else."""
    found = [mention for mention in found_in(value, called=True) if mention.kind is kind]
    try:
        key = key_of(kind, value)
    except ValueError:
        return  # the scenario says what is wrong with it
    yield Mention(kind, value, key, any(mention.disguised for mention in found))


def _texts(content: DraftContent) -> Iterator[tuple[str, Mention]]:
    for field, text in texts_of(content):
        slot = field.rpartition(".")[2]
        found = found_in(text, called=slot == "contact")
        if slot == "web" and not found:
            found = tuple(_whole(ContactKind.URL, text))
        yield from ((field, mention) for mention in found)
