"""Texts on a display."""

from datetime import UTC, datetime

from broadcaster.channel import Texts
from broadcaster.model.finding import FindingKind
from channels import display


def fit(words: int) -> list[tuple[str, FindingKind]]:
    texts = Texts("nl", "woord " * words, datetime(2026, 11, 23, tzinfo=UTC))
    return [(finding.code, finding.kind) for finding in display.fit(texts).findings]


def test_a_display_is_pulled_and_has_no_secret() -> None:
    spec = display.spec(display.Settings())
    assert (spec.kind, spec.pull, spec.required_secrets) == ("display", True, ())


def test_the_payload_is_the_text() -> None:
    fitted = display.fit(Texts("ar", "تمرين ابق في المنزل تمرين", datetime(2026, 11, 23, tzinfo=UTC)))
    assert fitted.payload.decode() == fitted.text == "تمرين ابق في المنزل تمرين"


def test_a_text_over_one_view_is_told_and_one_over_ten_is_refused() -> None:
    assert fit(60) == []
    assert fit(61) == [("display-views:nl", FindingKind.NOTICE)]
    assert fit(600) == [("display-views:nl", FindingKind.NOTICE)]
    assert fit(601) == [("display-too-long:nl", FindingKind.BLOCKING)]


def test_the_excess_is_named() -> None:
    texts = Texts("nl", "woord " * 612, datetime(2026, 11, 23, tzinfo=UTC))
    assert "12 woorden te lang" in display.fit(texts).findings[0].message
