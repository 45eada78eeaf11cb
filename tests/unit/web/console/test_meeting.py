"""Two people in one draft: whose words stand in each field."""

from broadcaster.web.console.meeting import Meeting, meet

BASE = {"source": ["Gemeente"], "expires.day": ["2026-11-24"], "expires.time": ["14:00"], "areas": ["noord"]}
NOTHING: dict[str, list[str]] = {}


def test_what_one_of_them_changed_stands_whoever_it_was() -> None:
    mine = BASE | {"source": ["Regio"]}
    theirs = BASE | {"expires.time": ["16:00"]}
    found = meet(BASE, mine, theirs, NOTHING)
    assert found == Meeting({"expires.day": ["2026-11-24"], "expires.time": ["16:00"]})
    kept = found.kept(mine, theirs)
    assert (kept["source"], kept["expires.time"]) == (["Regio"], ["16:00"])


def test_what_both_changed_alike_asks_nothing_and_ticked_boxes_have_no_order() -> None:
    mine, theirs = BASE | {"areas": ["zuid", "noord"]}, BASE | {"areas": ["noord", "zuid"]}
    assert meet(BASE, mine, theirs, NOTHING) == Meeting()


def test_where_both_wrote_the_others_words_stay_until_there_is_a_choice() -> None:
    mine, theirs = BASE | {"source": ["Regio"]}, BASE | {"source": ["Provincie"]}
    found = meet(BASE, mine, theirs, NOTHING)
    assert found == Meeting({}, {"source": (["Regio"], ["Provincie"])})
    assert found.kept(mine, theirs)["source"] == ["Provincie"]
    assert found.shown(mine)["source"] == ["Regio"]
    # The form is of the new version by now; without a choice it still is one.
    waiting = {"clash": ["source"]}
    assert meet(theirs, mine, theirs, waiting).clashes == found.clashes
    assert meet(theirs, mine, theirs, waiting | {"choice.source": ["mine"]}) == Meeting()
    assert meet(theirs, mine, theirs, waiting | {"choice.source": ["theirs"]}) == Meeting({"source": ["Provincie"]})


def test_what_somebody_emptied_is_a_change() -> None:
    theirs = {name: values for name, values in BASE.items() if name != "source"}
    assert meet(BASE, BASE, theirs, NOTHING) == Meeting({"source": []})
    clash = meet(BASE, BASE | {"source": ["Regio"]}, theirs, NOTHING).clashes
    assert clash == {"source": (["Regio"], [])}


def test_a_form_of_no_version_that_there_was_overwrites_nothing() -> None:
    mine = BASE | {"source": ["Regio"]}
    assert meet(NOTHING, mine, BASE, NOTHING) == Meeting({}, {"source": (["Regio"], ["Gemeente"])})
