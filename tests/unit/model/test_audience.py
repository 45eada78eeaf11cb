"""The one form of an address, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.audience import ADDRESS_KINDS, normal_address

SEEDED = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("kind", "typed", "normal"),
    [
        ("sms", "+31612345678", "+31612345678"),
        ("sms", "06-12345678", "+31612345678"),
        ("sms", " 06 12 34 56 78 ", "+31612345678"),
        ("sms", "0031612345678", "+31612345678"),
        ("sms", "+32 470 12 34 56", "+32470123456"),
        ("email", "Jan.Jansen@Voorbeeldstad.EXAMPLE", "Jan.Jansen@voorbeeldstad.example"),
        ("email", "a+b@x.example", "a+b@x.example"),
        ("telegram", "123456789", "123456789"),
        ("telegram", "-1001234567890", "-1001234567890"),
        ("telegram", "@voorbeeld_nl", "@voorbeeld_nl"),
    ],
)
def test_an_address_has_one_form(kind: str, typed: str, normal: str) -> None:
    assert normal_address(kind, typed) == normal
    assert normal_address(kind, normal) == normal


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("sms", ""),
        ("sms", "112"),
        ("sms", "noodnummer"),
        ("sms", "+31"),
        ("sms", "+999123456789"),
        ("sms", "06123456789012345"),
        ("email", ""),
        ("email", "voorbeeldstad.example"),
        ("email", "a@b"),
        ("email", "a@@b.nl"),
        ("email", "a b@c.nl"),
        ("email", "a@b.nl,c@d.nl"),
        ("email", "a@b.nl\nBcc: c@d.nl"),
        ("email", "<a@b.nl>"),
        ("email", ".a@b.nl"),
        ("email", "a..b@c.nl"),
        ("email", "a.@c.nl"),
        ("email", "a@-b.nl"),
        ("email", "a@b.-"),
        ("email", "a@b.nl."),
        ("email", "jan@voorbeeld.ёxample"),
        ("email", f"{'a' * 65}@b.nl"),
        ("email", f"a@{'b' * 64}.nl"),
        ("telegram", ""),
        ("telegram", "@ab"),
        ("telegram", "@1abc"),
        ("telegram", "1" * 16),
        ("telegram", "voorbeeld"),
        ("telegram", "12\n34"),
    ],
)
def test_what_is_no_address_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are for people
        normal_address(kind, typed)


@SEEDED
@given(st.sampled_from(ADDRESS_KINDS), st.text(max_size=60))
def test_a_refusal_never_repeats_what_was_typed(kind: str, typed: str) -> None:
    said = ""
    try:
        normal = normal_address(kind, typed)
    except ValueError as refused:
        said = str(refused)
    else:
        assert normal_address(kind, normal) == normal
        assert normal.isprintable()
    assert len(typed.strip()) < 4 or typed.strip() not in said
