"""Contacts in a text: found however they are written, in any script, and nothing else taken for one."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.contacts import Contact, ContactKind, Mention, Register, Standing, found_in, key_of
from tests.clocks import NOON

SEEDED = settings(deadline=None, derandomize=True, max_examples=150)
PHONE, URL, EMAIL, ADDRESS = ContactKind.PHONE, ContactKind.URL, ContactKind.EMAIL, ContactKind.ADDRESS
KNOWN = "Contacten"


def keys(text: str, kind: ContactKind | None = None) -> list[str]:
    return sorted(mention.key for mention in found_in(text) if kind in (None, mention.kind))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bel 112 bij nood.", ["112"]),
        ("Bel 0800-1351 of 14 030", ["+318001351", "14030"]),
        ("Bel 14030.", ["14030"]),
        ("Bel (030) 286 00 00", ["+31302860000"]),
        ("Bel +31 (0)30 286 00 00", ["+31302860000"]),
        ("Bel 0031 30 286 00 00", ["+31302860000"]),
        ("App 06 - 12 34 56 78", ["+31612345678"]),
        ("tel:06.12.34.56.78", ["+31612345678"]),
        ("tel0612345678", ["+31612345678"]),
        ("Call +32 2 555 12 12", ["+3225551212"]),
        ("112/144", ["112", "144"]),
        ("112 0900-8844", ["+319008844", "112"]),
        ("nr.112", ["112"]),
        ("bel 116 117", ["116117"]),
        ("Bel ook 1234 als dat lukt", ["1234"]),
        ("1 1 2", ["112"]),
        ("٠٨٠٠-١٣٥١", ["+318001351"]),
        ("０８００ １３５１", ["+318001351"]),
        ("1️⃣1️⃣2️⃣", ["112"]),
        ("112'yi arayın", ["112"]),
        ("اتصل على 14 030", ["14030"]),
        ("Rufen Sie 1155 an", ["1155"]),
        ("телефонуйте 1505", ["1505"]),
        ("zadzwoń pod numer 986", ["986"]),
    ],
)
def test_a_phone_number_is_found_however_it_is_written(text: str, found: list[str]) -> None:
    assert keys(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "1.500.000 huishoudens, 40.000 mensen, 12 000 liter",
        "Open van 08.00 - 16.00 uur, en van 8:00-16:00",
        "Op 24-11-2026, 2026-11-24 of 24 november 2026; 2026-2027; 24/11/2026 14:30",
        "Het water stijgt 20 cm in 10 minuten, tot 2,45 meter boven NAP",
        "115 woningen, 3511 AB Utrecht, A27, N201, nr 12 vervangt nr 11",
        "72 uur, 5 tot 10 liter, 12-14 graden, 3 x 24 uur, 100%",
        "Blijf thuis.Er is rook. a.u.b. o.a. i.v.m. d.w.z. z.s.m. e.g. т.д.",
        "Rijksweg 27 is dicht. Op de snelweg 3 auto's.",
        "Wij zijn onderweg 2 uur. In het park 5 mensen. Wijk 7",
    ],
)
def test_an_amount_a_time_a_date_and_an_abbreviation_are_no_contact(text: str) -> None:
    assert keys(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kijk op crisis.nl.", "crisis.nl"),
        ("Kijk op https://www.voorbeeldstad.example/water, of bel", "voorbeeldstad.example/water"),
        ("WWW.Voorbeeldstad.Example", "voorbeeldstad.example"),
        ("crisis . nl", "crisis.nl"),
        ("crisis[.]nl of iets", "crisis.nl"),
        ("crisis。nl", "crisis.nl"),
        ("cri\u200bsis.\u2060nl", "crisis.nl"),
        ("ｃｒｉｓｉｓ.nl", "crisis.nl"),
        ("Blijf thuis.blijf binnen", "thuis.blijf"),
        ("https://gemeente.nl@elders.example/x", "elders.example/x"),
        ("http://203.0.113.5/x", "203.0.113.5/x"),
        ("fryslân.frl", "xn--frysln-0ta.frl"),
        ("https://crisis.nl:8443/a?b=1#c", "crisis.nl:8443/a?b=1#c"),
    ],
)
def test_a_web_address_is_found_with_and_without_its_dress(text: str, found: str) -> None:
    assert keys(text, URL) == [found]


@pytest.mark.parametrize(
    "text", ["info@Voorbeeldstad.example", "info @ voorbeeldstad.example", "info (at) voorbeeldstad.example"]
)
def test_a_mail_address_is_found(text: str) -> None:
    assert [(mention.kind, mention.key) for mention in found_in(text)] == [(EMAIL, "info@voorbeeldstad.example")]


@pytest.mark.parametrize(
    "name",
    ["rijksоverheid.nl", "xn--80ak6aa92e.com", "аррӏе.com", "https://crіsis.nl/hulp", "ενα.nl", "info@crіsis.nl"],
)
def test_letters_that_look_like_others_are_called_a_disguise(name: str) -> None:
    (mention,) = found_in(f"Kijk op {name} voor hulp")
    assert mention.disguised


@pytest.mark.parametrize("name", ["crisis.nl", "fryslân.frl", "приклад.укр", "info@voorbeeldstad.example"])
def test_an_honest_name_is_none(name: str) -> None:
    (mention,) = found_in(name)
    assert not mention.disguised


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ga naar Kerkstraat 12, naast de kerk.", "kerkstraat 12"),
        ("Het noodsteunpunt is op de Brink 4.", "brink 4"),
        ("Kom naar de Laan van Meerdervoort 10a", "laan van meerdervoort 10a"),
        ("Go to Burgemeester van Tuyllkade 12 now", "burgemeester van tuyllkade 12"),
        ("اذهب إلى Kerkstraat 12 الآن", "kerkstraat 12"),
        ("KERKSTRAAT 12", "kerkstraat 12"),
        ("Nieuwe Kerkstraat 12", "nieuwe kerkstraat 12"),
    ],
)
def test_a_street_with_a_number_is_an_address(text: str, found: str) -> None:
    assert keys(text, ADDRESS) == [found]


# --- however it is written -------------------------------------------------------------------------

_NATIONAL = st.sampled_from(
    ["0302860000", "0612345678", "08001351", "09008844", "0765278000", "+31302860000", "0031302860000"]
)
_BETWEEN = st.lists(
    st.sampled_from(["", "", "", " ", "-", ".", "\u00a0", "\u200b", "\u2011", "\u2009", " - ", "\u200f"]),
    min_size=13,
    max_size=13,
)
_DIGITS = st.sampled_from([0x30, 0x660, 0x6F0, 0x966, 0xFF10, 0x1D7CE])
_AROUND = st.sampled_from(
    [("Bel ", "."), ("", ""), ("(", ")"), ("اتصل على ", " الآن"), ("tel:", ";"), ("Bel 112 of ", "!")]
)


@SEEDED
@given(_NATIONAL, _BETWEEN, _DIGITS, _AROUND)
def test_a_number_is_found_whatever_stands_between_its_digits_and_in_whatever_digits(
    number: str, between: list[str], zero: int, around: tuple[str, str]
) -> None:
    digits = [char if char == "+" else chr(zero + int(char)) for char in number]
    written = "".join(a + b for a, b in zip(digits, between, strict=False)).rstrip()
    assert key_of(PHONE, number) in keys(f"{around[0]}{written}{around[1]}", PHONE), written


@SEEDED
@given(
    st.from_regex(r"[a-z][a-z0-9]{1,12}(-[a-z0-9]{1,6})?\.(nl|com|org|example)", fullmatch=True),
    st.sampled_from(["", "\u200b", "\u2060", "\u200f", "\u00ad"]),
    st.sampled_from(["{}", "https://{}", "www.{}", "({})", "kijk op {}.", "{}/hulp", "«{}»", "زوروا {} الآن"]),
)
def test_a_name_on_the_web_is_found_whatever_hides_in_it(name: str, hidden: str, around: str) -> None:
    found = keys(around.format(hidden.join(name)), URL)
    assert [key.partition("/")[0] for key in found] == [name.removeprefix("www.")]


@SEEDED
@given(st.text(max_size=300))
def test_any_text_is_looked_through(text: str) -> None:
    for mention in found_in(text):
        assert mention.key
        assert mention.value.strip()


@pytest.mark.soak
@pytest.mark.parametrize(
    "piece",
    ["a.", "1 ", "1-", "Aa ", "van de ", "a@", "(", "Laan van de ", "www.", "1.1 ", "+1", "0 1/", "x", "a. b @ "],
)
def test_a_text_made_to_cost_costs_no_more_than_its_length_allows(piece: str) -> None:
    text = (piece * 4000)[:4000]
    began = time.process_time()
    found_in(text)
    assert time.process_time() - began < 2  # what a rendering may take in all; it takes 0.1


# --- the register ----------------------------------------------------------------------------------


def line(kind: ContactKind, value: str, **changes: object) -> Contact:
    return Contact(kind, value, key_of(kind, value), KNOWN, **changes)  # type: ignore[arg-type]


def says(register: Register, text: str) -> list[Standing]:
    return [register.says(mention, NOON)[0] for mention in found_in(text)]


def test_a_domain_stands_for_its_pages_and_a_page_for_those_below_it_and_neither_for_a_neighbour() -> None:
    register = Register.of([line(URL, "https://www.voorbeeldstad.example"), line(URL, "crisis.nl/hulp")])
    assert says(register, "voorbeeldstad.example/water?x=1") == [Standing.VERIFIED]
    assert says(register, "https://crisis.nl/hulp/nu") == [Standing.VERIFIED]
    for other in ("crisis.nl", "crisis.nl/hulpje", "x.voorbeeldstad.example", "voorbeeldstad.example.elders.nl"):
        assert says(register, other) == [Standing.PROPOSED], other


def test_an_address_is_known_by_its_street_and_a_support_point_by_its_name() -> None:
    register = Register.of([line(ADDRESS, "De Brink 4, Voorbeeldstad")], ["Wijkhuis Noord"])
    assert says(register, "Kom naar de Brink 4.") == [Standing.VERIFIED]
    assert says(register, "Kom naar de Brink 5.") == [Standing.PROPOSED]
    named = Mention(ADDRESS, "Wijkhuis Noord", key_of(ADDRESS, "wijkhuis  noord"))
    assert register.says(named, NOON)[0] is Standing.VERIFIED


@pytest.mark.parametrize(
    ("kind", "value"),
    [(PHONE, "bel ons"), (PHONE, "12"), (PHONE, "1" * 30), (URL, "voorbeeld"), (URL, "a b.nl"), (URL, ""),
     (EMAIL, "info"), (ADDRESS, "12")],
)  # fmt: skip
def test_what_is_no_contact_has_no_key(kind: ContactKind, value: str) -> None:
    with pytest.raises(ValueError, match="dit is geen"):
        key_of(kind, value)
