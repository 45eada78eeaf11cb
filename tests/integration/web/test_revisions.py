"""Drafts are written by several people: nobody overwrites what they have not seen."""

import asyncio

from tests.integration.web.site import Site


async def test_of_two_changes_to_one_revision_one_wins(site: Site) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}"
    changes = [
        site.call(who, "PATCH", path, {"event": f"Storing {who}"}, If_Match='"1"') for who in ("anna", "bert", "carla")
    ]
    replies = await asyncio.gather(*changes)
    assert sorted(reply.status_code for reply in replies) == [200, 412, 412]
    [winner] = [reply for reply in replies if reply.status_code == 200]
    assert winner.headers["ETag"] == '"2"'
    assert (await site.get("anna", path)).json == winner.json


async def test_a_change_without_a_revision_is_not_taken(site: Site) -> None:
    draft = await site.draft()
    for headers in ({}, {"If_Match": "*"}):
        reply = await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", {"event": "Storing"}, **headers)
        assert (reply.status_code, reply.problem) == (428, "revision-required")


async def test_only_the_tag_that_was_given_matches(site: Site) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}"
    stale, malformed = ('"2"', 'W/"1"', '"a"', '""'), ("1", '"1", "2"', '"1')
    for tag in (*stale, *malformed):
        for method, content in (("PATCH", {"event": "Storing"}), ("DELETE", None)):
            reply = await site.call("anna", method, path, content, If_Match=tag)
            wanted = (412, "stale") if tag in stale else (400, "malformed")
            assert (reply.status_code, reply.problem) == wanted, (method, tag)
    assert (await site.get("anna", path)).json == draft


async def test_a_merge_patch_removes_what_is_null_and_keeps_what_is_not_named(site: Site) -> None:
    draft = await site.draft()
    patch = {"source": None, "infos": {"nl": {"short": None, "headline": "Storing in Noord"}}}
    headers = {"If_Match": '"1"', "Content_Type": "application/merge-patch+json"}
    changed = (await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", patch, **headers)).json
    assert "source" not in changed
    assert "short" not in changed["infos"]["nl"]
    assert changed["infos"]["nl"]["headline"] == "Storing in Noord"
    assert changed["infos"]["en"] == draft["infos"]["en"]


async def test_a_patch_that_takes_away_what_never_was_is_refused(site: Site) -> None:
    path = f"/v1/drafts/{(await site.draft())['id']}"
    patch = {"expired": None, "audience": {"people": None}, "infos": {"nl": {"titel": None}}, "event": None}
    reply = await site.call("anna", "PATCH", path, patch, If_Match='"1"')
    assert (reply.status_code, reply.problem) == (400, "malformed")
    names = ("expired", "audience.people", "infos.nl.titel")
    assert reply.rules == [(name, "extra-forbidden") for name in names]


async def test_an_empty_revision_is_not_taken_for_none(site: Site) -> None:
    path = f"/v1/drafts/{(await site.draft())['id']}"
    assert (await site.call("anna", "DELETE", path, If_Match="")).rules == [("If-Match", "etag")]
    assert (await site.get("anna", path)).status_code == 200


async def test_status_and_organisation_stand_from_the_start(site: Site) -> None:
    draft = await site.draft(status="Exercise")
    reply = await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", {"status": "Actual"}, If_Match='"1"')
    assert (reply.status_code, reply.rules) == (422, [("status", "fixed")])


async def test_a_submitted_draft_rests(site: Site) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}"
    await site.post("anna", f"{path}/submit")
    reply = await site.call("anna", "PATCH", path, {"event": "Storing"}, If_Match='"1"')
    assert (reply.status_code, reply.problem) == (409, "conflict")
    assert (await site.call("anna", "DELETE", path)).problem == "conflict"
    assert (await site.post("anna", f"{path}/submit")).problem == "conflict"


async def test_a_draft_is_deleted_at_the_revision_that_was_seen(site: Site) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}"
    await site.call("bert", "PATCH", path, {"event": "Storing"}, If_Match='"1"')
    assert (await site.call("anna", "DELETE", path, If_Match='"1"')).problem == "stale"
    assert (await site.call("anna", "DELETE", path, If_Match='"2"')).status_code == 204


async def test_of_two_submits_one_makes_an_alert(site: Site) -> None:
    draft = await site.draft()
    replies = await asyncio.gather(*(site.post(who, f"/v1/drafts/{draft['id']}/submit") for who in ("anna", "carla")))
    assert sorted(reply.status_code for reply in replies) == [201, 409]
    assert len((await site.get("vera", "/v1/alerts")).json["items"]) == 1


async def test_drafts_submitted_at_once_each_get_a_number(site: Site) -> None:
    drafts = [await site.draft(channels=["display"]) for _ in range(4)]
    replies = await asyncio.gather(*(site.post("anna", f"/v1/drafts/{draft['id']}/submit") for draft in drafts))
    assert sorted(reply.json["number"] for reply in replies) == [1, 2, 3, 4]
