"""CAP documents of anybody as drafts: taken over as they are, or refused; and what was left is named."""

import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.cap import Status
from broadcaster.model.draft import DraftContent
from broadcaster.model.finding import FindingKind
from broadcaster.render.cap import profile, writing
from broadcaster.render.cap.reading import CapRefused, Taken, read
from tests.bulletins import AREAS, bulletin, content
from tests.corpora.reading import corpus

SENDERS = {"voorbeeldstad.example": "voorbeeldstad"}
NOT_IN_CAP = {"channels", "organisation", "scenario"}
DOCUMENT = writing.as_bytes(writing.document(bulletin(), approved=True))
FOREIGN = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>NL-1</identifier><sender>knmi.example</sender><sent>2026-11-23T14:00:00+01:00</sent>
  <status>{status}</status><msgType>{msg_type}</msgType><scope>{scope}</scope>{more}
  <info>
    <category>Met</category><category>Safety</category><event>Storm</event>
    <responseType>Shelter</responseType>
    <urgency>Expected</urgency><severity>Extreme</severity><certainty>Likely</certainty>
    <expires>2026-11-23T20:00:00+01:00</expires>
    <senderName>KNMI</senderName>
    <headline>
       Zware   storm
    </headline>
    <description>
\t\tWindstoten van 130 km/u.

\t\tBomen waaien om.
    </description>
    <instruction>Blijf binnen.</instruction>
    <parameter><valueName>awareness_level</valueName><value>4; red; Extreme</value></parameter>
    <area><areaDesc>noord</areaDesc></area>
    <area><areaDesc>Waddenzee</areaDesc></area>
  </info>
</alert>"""


def foreign(**changes: str) -> Taken:
    said = {"status": "Actual", "msg_type": "Alert", "scope": "Public", "more": ""} | changes
    return read(FOREIGN.format_map(said).encode(), AREAS, SENDERS)


def codes(taken: Taken) -> set[str]:
    return {finding.code for finding in taken.findings}


def drafted(taken: Taken) -> DraftContent:
    return DraftContent.model_validate(taken.content)


# --- what is taken over ----------------------------------------------------------------------------


def test_what_we_wrote_comes_back_as_it_was():
    taken = read(DOCUMENT, AREAS, SENDERS)
    own = content()
    assert taken.findings == ()
    for name in DraftContent.model_fields.keys() - NOT_IN_CAP - {"infos"}:
        assert getattr(drafted(taken), name) == getattr(own, name), name
    assert drafted(taken).infos == own.infos
    assert taken.content["organisation"] == "voorbeeldstad"


def test_what_another_wrote_is_tidied_and_the_rest_is_named():
    taken = foreign()
    draft = drafted(taken)
    assert (draft.category, draft.event, draft.source, draft.areas) == ("Met", "Storm", "KNMI", ["noord"])
    assert draft.infos["en"].headline == "Zware storm"  # without a language it is American English, by the standard
    assert draft.infos["en"].description == "Windstoten van 130 km/u.\n\nBomen waaien om."
    assert draft.as_of is None
    assert codes(taken) == {"cap-parameter", "cap-area-by-name", "cap-area-unknown", "cap-left", "cap-differs"}
    messages = " ".join(finding.message for finding in taken.findings)
    for named in ("awareness_level", "4; red; Extreme", "Waddenzee", "responseType", "category"):
        assert named in messages
    assert {finding.kind for finding in taken.findings} == {FindingKind.NOTICE}


def test_an_area_of_ours_is_chosen_by_its_id_only_in_what_we_sent():
    document = DOCUMENT.replace(b"<areaDesc>Noord</areaDesc>", b"<areaDesc>Elders</areaDesc>")
    assert read(document, AREAS, SENDERS).content["areas"] == ["noord"]
    forged = read(document, AREAS, {"andere.example": "x"})
    assert "areas" not in forged.content
    assert "cap-area-unknown" in codes(forged)


def test_a_message_for_some_and_one_that_replaces_another_say_so():
    taken = foreign(scope="Restricted", more="<restriction>Alleen hulpdiensten</restriction>", msg_type="Update")
    assert {"cap-scope", "cap-update"} <= codes(taken)
    assert "Alleen hulpdiensten" in " ".join(finding.message for finding in taken.findings)


def test_two_texts_in_one_language_are_not_mixed():
    document = DOCUMENT.replace(b"<language>en</language>", b"<language>nl-BE</language>")
    taken = read(document, AREAS, SENDERS)
    assert set(taken.content["infos"]) == {"nl"}
    assert "cap-language" in codes(taken)


def test_what_is_said_of_too_much_is_counted_and_not_listed():
    many = "".join(f"<parameter><valueName>p{n}</valueName><value>x</value></parameter>" for n in range(300))
    document = DOCUMENT.replace(b"<area>", f"{many}<area>".encode(), 1)
    taken = read(document, AREAS, SENDERS)
    assert len(taken.findings) == 51
    assert "250" in taken.findings[-1].message


# --- the status ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_the_status_is_taken_over_as_it_is(status):
    assert drafted(foreign(status=status.value)).status is status
    document = writing.as_bytes(writing.document(bulletin(content(status=status.value)), approved=True))
    taken = drafted(read(document, AREAS, SENDERS))
    assert taken.status is status
    assert taken.infos == content().infos  # without the words that say so: they come back by themselves


def test_an_exercise_keeps_its_name():
    assert foreign(status="Exercise", more="<note>Winterstorm 2026</note>").content["exercise"] == "Winterstorm 2026"


@pytest.mark.parametrize(("changes", "field"), [
    ({"status": "Draft"}, "status"),
    ({"status": "System"}, "status"),
    ({"msg_type": "Cancel"}, "msgType"),
    ({"msg_type": "Ack"}, "msgType"),
    ({"msg_type": "Error"}, "msgType"),
])  # fmt: skip
def test_what_means_something_else_becomes_no_draft(changes, field):
    with pytest.raises(CapRefused) as refused:
        foreign(**changes)
    assert refused.value.understood
    assert [finding.field for finding in refused.value.findings] == [field]


@pytest.mark.parametrize("name", ["a b", "a,b", "a&lt;b", "a&amp;b", "", "x" * 201])
def test_a_name_that_cap_does_not_allow_is_refused(name):
    document = DOCUMENT.replace(b"voorbeeldstad.example</sender>", f"{name}</sender>".encode())
    with pytest.raises(CapRefused) as refused:
        read(document, AREAS, SENDERS)
    assert [finding.field for finding in refused.value.findings] == ["sender"]


# --- attacks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", corpus("cap")["attack"], ids=lambda attack: attack["why"])
def test_an_attack_is_refused_before_it_does_anything(attack):
    alert = DOCUMENT.decode().partition("?>")[2].strip()
    with pytest.raises(CapRefused) as refused:
        read(attack["body"].replace("{alert}", alert).encode() * attack.get("times", 1), AREAS, SENDERS)
    assert {finding.code for finding in refused.value.findings} == {attack["code"]}
    assert not refused.value.understood


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_a_document_in_another_encoding_hides_nothing(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE alert>' + DOCUMENT.decode().partition("?>")[2]
    with pytest.raises(CapRefused) as refused:
        read(text.encode(encoding), AREAS, SENDERS)
    assert {finding.code for finding in refused.value.findings} == {"cap-xml"}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.integers(0, len(DOCUMENT)), st.integers(0, 120))
def test_whatever_comes_is_a_draft_of_its_own_status_or_is_refused(patch, at, gone):
    document = DOCUMENT[:at] + patch + DOCUMENT[at + gone :]
    try:
        taken = read(document, AREAS, SENDERS)
    except CapRefused:
        return
    found = re.search(rb"<status>\s*(\w+)\s*</status>", document)
    assert found is not None
    assert taken.content["status"] == found[1].decode()


# --- out, in and out again -------------------------------------------------------------------------

_WORD = st.text(string.ascii_letters + "éëïłشق<&>'\"", min_size=1, max_size=9)
_LINE = st.lists(_WORD, min_size=1, max_size=6).map(" ".join)
_PARAGRAPH = st.lists(_LINE, min_size=1, max_size=4).map("\n".join)
_INFO = st.fixed_dictionaries(
    {"headline": _LINE, "description": _PARAGRAPH, "instruction": _PARAGRAPH},
    optional={"impact": _PARAGRAPH, "short": _PARAGRAPH, "contact": _LINE, "web": _LINE},
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(list(Status)),
    st.dictionaries(st.sampled_from(["nl", "en", "nl-easy", "ar", "uk"]), _INFO, min_size=1, max_size=3),
    st.sets(st.sampled_from(["noord", "zuid"]), min_size=1),
    st.none() | _LINE,
)
def test_out_in_and_out_again_says_the_same(status: Status, infos: dict[str, Any], areas: set[str], name: str | None):
    name = name if status is Status.EXERCISE else None
    own = bulletin(content(status=status.value, infos=infos, areas=sorted(areas), exercise=name))
    document = writing.as_bytes(writing.document(own, approved=True))
    assert profile.breaches(profile.parsed(document)) == []
    taken = drafted(read(document, AREAS, SENDERS))
    assert taken.infos == own.content.infos
    again = taken.model_copy(update={"channels": own.content.channels})
    assert writing.as_bytes(writing.document(bulletin(again), approved=True)) == document
