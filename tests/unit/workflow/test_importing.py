"""An audience file is taken whole or refused whole, with the line and the reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from broadcaster.model.audience import Recipient
from broadcaster.store import journal
from broadcaster.workflow import importing
from broadcaster.workflow.refusals import Fault, Refused, Why
from tests import lives
from tests.clocks import NOON

HEADER = "name,language,groups,areas,sms,email,telegram"
GOOD = "Jan,nl,bewoners,noord,+31612345678,,"
AREAS = {"noord", "zuid"}


def parse(*lines: str, header: str = HEADER) -> list[Recipient]:
    return importing.parse("\n".join([header, *lines]).encode(), AREAS)


def faults(data: bytes) -> list[Fault]:
    with pytest.raises(Refused) as refused:
        importing.parse(data, AREAS)
    assert refused.value.why is Why.INVALID
    return refused.value.faults


def refused(*lines: str) -> list[tuple[str, str]]:
    return [(fault.field, fault.rule) for fault in faults("\n".join([HEADER, *lines]).encode())]


# --- what is taken ---------------------------------------------------------------------------------


def test_a_row_is_a_recipient_with_addresses_in_their_one_form() -> None:
    [recipient] = parse(' Jan , nl ,bewoners; zorg,noord;zuid,06-12345678;+32470123456,Jan@X.EXAMPLE,"@voorbeeld_nl"')
    assert recipient == Recipient(
        "Jan", "nl", ("bewoners", "zorg"), ("noord", "zuid"),
        (("sms", "+31612345678"), ("sms", "+32470123456"), ("email", "Jan@x.example"), ("telegram", "@voorbeeld_nl")),
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        f"{HEADER}\n{GOOD}\n".encode(),
        f"{HEADER}\n{GOOD}".encode(),
        f"{HEADER}\r\n{GOOD}\r\n".encode(),
        f"{HEADER}\n\n{GOOD}\n\n".encode(),
        f"\ufeff{HEADER}\n{GOOD}\n".encode(),
        f'{HEADER}\n"Jan","nl","bewoners","noord","+31612345678","",""\n'.encode(),
    ],
)
def test_line_ends_blank_lines_quotes_and_a_byte_order_mark_do_not_matter(data: bytes) -> None:
    assert [recipient.name for recipient in importing.parse(data, AREAS)] == ["Jan"]


@pytest.mark.parametrize("name", ["Işıl Çelik", "عمر", "Łukasz", "D'Angelo-de Vries, M.", 'Huize "Zon"', "Ольга"])
def test_names_of_every_script_are_taken_as_they_are(name: str) -> None:
    quoted = name.replace('"', '""')
    assert parse(f'"{quoted}",nl,,noord,+31612345678,,')[0].name == name


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Jan,nl,bewoners,noord,,,", "address"),
        ("Jan,nl,bewoners,noord,0612,,", "sms"),
        ("Jan,nl,bewoners,noord,+31612345678;bad,,", "sms"),
        ("Jan,nl,bewoners,noord,,jan at x,", "email"),
        ("Jan,nl,bewoners,noord,,,jan", "telegram"),
        ("Jan,nl,bewoners,oost,+31612345678,,", "area"),
        (",nl,bewoners,noord,+31612345678,,", "name"),
        ("Jan,,bewoners,noord,+31612345678,,", "language"),
        ("Jan,n1,bewoners,noord,+31612345678,,", "language"),
        ("Jan,nl,bewoners,noord,+31612345678,", "columns"),
        ("Jan,nl,bewoners,noord,+31612345678,,,", "columns"),
        ("Jan", "columns"),
        (f"{'J' * 201},nl,bewoners,noord,+31612345678,,", "name"),
        ("Ja\x00n,nl,bewoners,noord,+31612345678,,", "name"),
        ("Jan\x1b[31m,nl,bewoners,noord,+31612345678,,", "name"),
        ('"Jan\nBcc: x",nl,bewoners,noord,+31612345678,,', "name"),
    ],
)
def test_a_bad_row_is_named_by_line_and_rule(line: str, rule: str) -> None:
    at = 2 + line.count("\n")
    assert (f"line {at}", rule) in refused(line)


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", " =1+1", "\t=1+1"])
@pytest.mark.parametrize("column", [0, 2])
def test_what_a_spreadsheet_would_run_is_no_name_or_group(formula: str, column: int) -> None:
    cells = ["Jan", "nl", "bewoners", "noord", "+31612345678", "", ""]
    cells[column] = '"' + formula.replace('"', '""') + '"'
    assert refused(",".join(cells))


def test_a_formula_cannot_hide_behind_another_value() -> None:
    assert refused("Jan,nl,bewoners; =1+1,noord,+31612345678,,") == [("line 2", "groups")]


def test_a_number_may_begin_with_a_plus_and_a_chat_with_an_at_sign_or_a_minus() -> None:
    assert parse("Jan,nl,,noord,+31612345678,,@voorbeeld_nl", "Els,nl,,noord,,,-1001234567890")


def test_every_bad_row_is_named_at_once() -> None:
    found = refused(GOOD, "Els,nl,x,oost,+31612345670,,", GOOD.replace("Jan", ""), "A,b")
    assert found == [("line 3", "area"), ("line 4", "name"), ("line 5", "columns")]


def test_a_file_full_of_faults_names_the_first_hundred() -> None:
    assert len(refused(*["bad"] * 5000)) == 100


@pytest.mark.parametrize(
    "header",
    ["", "name", HEADER.upper(), HEADER.replace("sms,", ""), f"{HEADER},more", HEADER.replace(",", ";"), f" {HEADER}"],
)
def test_another_header_is_refused(header: str) -> None:
    assert [fault.rule for fault in faults(f"{header}\n{GOOD}\n".encode())] == ["header"]


@pytest.mark.parametrize("data", [b"", b"\n", HEADER.encode(), f"{HEADER}\n\n\n".encode()])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert faults(data)


@pytest.mark.parametrize("bad", [b"Ren\xe9", b"\xff\xfe", b"a\x80", b"\xed\xa0\x80"])
def test_a_file_that_is_not_utf_8_is_refused_at_its_line(bad: bytes) -> None:
    data = f"{HEADER}\n{GOOD}\n".encode() + bad + b",nl,,noord,+31612345678,,\n"
    assert [(fault.field, fault.rule) for fault in faults(data)] == [("line 3", "utf-8")]


def test_utf_16_is_refused_as_not_utf_8() -> None:
    assert faults(f"{HEADER}\n{GOOD}\n".encode("utf-16"))[0].rule == "utf-8"


def test_an_unclosed_quote_is_refused_with_what_else_is_wrong() -> None:
    found = refused("Els,nl,x,oost,+31612345670,,", '"Jan,nl,bewoners,noord,+31612345678,,')
    assert ("line 2", "area") in found
    assert "csv" in {rule for _, rule in found}


def test_a_field_of_a_megabyte_is_refused_without_a_fuss() -> None:
    assert refused(f"{'x' * 2**20},nl,,noord,+31612345678,,")


def test_no_reason_repeats_an_address() -> None:
    with pytest.raises(Refused) as found:
        parse("Jan,nl,bewoners,noord,+3161234,geheim@nergens,@x")
    said = str([fault.as_json() for fault in found.value.faults])
    assert not any(part in said for part in ("+3161234", "geheim", "@x"))


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reading(data: bytes) -> None:
    for content in (data, f"{HEADER}\n".encode() + data, f"{HEADER}\n{GOOD}\n".encode() + data):
        try:
            found = len(importing.parse(content, AREAS))
        except Refused as refused:
            found = len(refused.faults)
        assert found


# --- taking ----------------------------------------------------------------------------------------


def test_a_file_is_taken_in_one_transaction_with_its_counts_in_the_journal(conn: Connection) -> None:
    before = conn.scalar(text("SELECT count(*) FROM recipient"))
    counts = lives.listed(conn, [GOOD, GOOD.replace("8,,", "9,,")])
    assert counts == {"added": 2, "renewed": 0, "retired": 0}
    assert conn.scalar(text("SELECT count(*) FROM recipient")) == before + 2
    [*_, line] = journal.lines(conn)
    assert (line["kind"], line["actor"], line["data"]) == ("AudienceImported", "eva", counts)


def test_a_file_that_breaks_off_leaves_nothing(conn: Connection) -> None:
    before = conn.execute(text("SELECT count(*) FROM recipient")).scalar()
    rows = [importing.sealed(lives.SEAL, recipient) for recipient in parse(GOOD)]
    broken = [*rows, None]
    with pytest.raises(AttributeError), conn.begin_nested():
        importing.take(conn, lives.ORGANISATION, broken, "eva", NOON)  # type: ignore[arg-type]
    assert conn.execute(text("SELECT count(*) FROM recipient")).scalar() == before
    assert isinstance(journal.verify(conn), journal.Head)
