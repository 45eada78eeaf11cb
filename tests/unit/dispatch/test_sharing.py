"""Who drives which account: the same answer everywhere, even, and at rest once it is even."""

from hypothesis import given
from hypothesis import strategies as st

from broadcaster.dispatch.sharing import Holdings, shares
from broadcaster.store.workers import Leased, View, Worker

OWNERS, ACCOUNTS = ["a", "b", "c", "d"], ["one", "two", "three", "four", "five"]
ABLE = st.dictionaries(st.sampled_from(OWNERS), st.sets(st.sampled_from(ACCOUNTS)), min_size=1)
HELD = st.dictionaries(st.sampled_from(ACCOUNTS), st.sampled_from([*OWNERS, "gone"]))


@given(ABLE, HELD)
def test_every_account_that_anybody_can_drive_has_one_who_can(able, held):
    wanted = shares(able, held)
    assert set(wanted) == set().union(*able.values())
    assert all(account in able[owner] for account, owner in wanted.items())


@given(ABLE, HELD)
def test_nobody_drives_two_more_than_another_who_could_drive_one_of_them(able, held):
    wanted = shares(able, held)
    loads = {owner: sum(to == owner for to in wanted.values()) for owner in able}
    for account, owner in wanted.items():
        assert all(loads[owner] < loads[other] + 2 for other in able if account in able[other])


@given(ABLE, HELD)
def test_once_shared_out_nothing_moves_any_more(able, held):
    wanted = shares(able, held)
    assert shares(able, wanted) == wanted


def test_what_is_driven_moves_only_to_make_it_even():
    able = {"a": ACCOUNTS, "b": ACCOUNTS}
    held = {"one": "a", "two": "a", "three": "b"}
    wanted = shares(able, held)
    assert wanted.items() >= held.items()
    assert sorted(wanted.values()).count("a") in (2, 3)


def test_one_that_joins_gets_its_share_and_one_that_ends_gets_nothing():
    alone = {"a": ACCOUNTS}
    everything = shares(alone, {})
    assert set(everything.values()) == {"a"}
    both = shares({**alone, "b": ACCOUNTS}, everything)
    assert sorted(both.values()) == ["a", "a", "a", "b", "b"]
    assert set(shares({"a": (), "b": ACCOUNTS}, both).values()) == {"b"}


def _view(owner: str | None, is_open: bool = False) -> View:
    return View(
        {"me": Worker(1, frozenset({"one", "two"})), "other": Worker(1, frozenset({"one", "two"}))},
        {"one": Leased(owner, is_open), "two": Leased("other", is_open=False)},
    )


def test_a_process_drives_only_what_the_database_says_is_its_own():
    holdings = Holdings("me", ["one", "two"])
    assert not holdings.drives("one")
    assert holdings.look(_view(None), ["me", "other"]) == ["one"]
    assert not holdings.drives("one"), "to take is to ask"
    holdings.took(["one"])
    assert holdings.drives("one")
    holdings.look(_view("other"), ["me", "other"])
    assert not holdings.drives("one")


def test_the_only_process_drives_everything():
    assert Holdings("me", None).drives("whatever")


def test_what_another_found_open_is_open_here():
    holdings = Holdings("me", ["one", "two"])
    holdings.look(_view("other", is_open=True), ["me", "other"])
    assert holdings.is_open_elsewhere("one")
    holdings.look(_view("me", is_open=True), ["me", "other"])
    assert not holdings.is_open_elsewhere("one"), "our own breaker speaks for our own account"
