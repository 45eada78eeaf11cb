"""Who does not get a draft, with the reason of each."""

from broadcaster.model.draft import Audience
from broadcaster.store.coverage import NONE, OPEN, OPTED_OUT, Profile
from broadcaster.web.console.coverage import Coverage, Lacking, counted

NORTH = Audience(areas=["noord"], groups=["wijk"])
NOTHING_OFF: frozenset[str] = frozenset()


def gets(language: str) -> str:
    return language if language in ("nl", "en") else "nl"


def of(*profiles: Profile, wanted: Audience = NORTH, off: frozenset[str] = NOTHING_OFF) -> Coverage:
    return counted(profiles, wanted, ["sms", "email"], off, gets)


def chosen(count: int, sms: int, email: int, language: str = "nl") -> Profile:
    return Profile(True, True, language, (sms, email), count)


def test_each_reason_is_counted_by_itself() -> None:
    found = of(
        chosen(50, OPEN, OPEN),
        chosen(7, OPEN, NONE),
        chosen(5, OPTED_OUT, NONE),
        chosen(3, NONE, OPTED_OUT),
        chosen(2, OPEN, NONE, "pl"),
        Profile(False, True, "nl", (OPEN, OPEN), 90),
        Profile(True, False, "nl", (OPEN, OPEN), 11),
    )
    assert found == Coverage(
        chosen=67,
        nothing=8,
        lacking=[Lacking("sms", 3, 5, off=False), Lacking("email", 14, 3, off=False)],
        in_another=[("pl", "nl", 2)],
        elsewhere=90,
        other_groups=11,
    )
    assert found.reached == 59


def test_a_channel_that_is_off_reaches_nobody() -> None:
    found = of(chosen(4, OPEN, NONE), chosen(6, OPEN, OPEN), off=frozenset({"sms"}))
    assert (found.nothing, found.reached) == (4, 6)
    assert found.lacking[0].off


def test_an_easier_form_of_a_language_is_that_language() -> None:
    assert of(chosen(4, OPEN, NONE, "nl-easy")).in_another == []


def test_where_nothing_is_chosen_nobody_is() -> None:
    found = of(Profile(True, True, "nl", (OPEN, OPEN), 90), wanted=Audience())
    assert (found.nobody_chosen, found.chosen, found.reached) == (True, 0, 0)
