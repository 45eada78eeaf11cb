"""What is done by hand, over HTTP and on the page."""

from datetime import timedelta

from sqlalchemy import Connection

from broadcaster.model.task import TaskState
from broadcaster.render.report import hand_state
from broadcaster.store import tasks
from broadcaster.store.tasks import TaskRow
from broadcaster.workflow import approving, publishing
from tests.integration.web.site import Site


async def _approved(site: Site) -> str:
    alert = await site.submitted()
    assert (await site.approve("dirk", alert)).status_code == 200
    return str(alert["alert"])


async def _tasks(site: Site, alert: str, who: str = "vera") -> dict[str, dict[str, object]]:
    found = (await site.get(who, f"/v1/alerts/{alert}/tasks")).json["items"]
    return {item["channel"]: item for item in found}


async def test_tasks_come_with_the_approval_with_text_and_deadline_and_are_done_step_by_step(site: Site) -> None:
    waiting = (await site.submitted())["alert"]
    assert await _tasks(site, waiting) == {}
    alert = await _approved(site)
    found = await _tasks(site, alert)
    assert found["website"]["state"] == "open"
    assert found["website"]["due_at"]
    assert "Blijf thuis als dat kan." in str(found["website"]["text"])
    where = f"/v1/alerts/{alert}/tasks/{found['website']['id']}"
    taken = await site.post("anna", where, {"do": "take"})
    assert (taken.json["state"], taken.json["owner"]) == ("open", "anna")
    at = site.house.clock.now().astimezone(site.house.house.settings.hub.zone).isoformat(timespec="seconds")
    done = await site.post("dirk", where, {"do": "placed", "at": at, "where": "https://voorbeeldstad.example/n1"})
    assert (done.json["state"], done.json["placed_at"], done.json["by"]) == ("placed", at, "dirk")
    assert (await site.post("anna", where, {"do": "not-needed", "reason": "x"})).problem == "conflict"
    other = f"/v1/alerts/{alert}/tasks/{found['crisis-nl']['id']}"
    reply = await site.post("anna", other, {"do": "not-needed"})
    assert (reply.status_code, reply.rules) == (422, [("reason", "missing")])
    reply = await site.post("anna", other, {"do": "not-needed", "reason": "De regio doet dit."})
    assert reply.json["reason"] == "De regio doet dit."
    for body in ({"do": "maybe"}, {"do": "placed", "at": 5}, {"do": "placed", "where": "a\nb"}, {"at": at}):
        assert (await site.post("anna", other, body)).problem == "malformed"
    ahead = (site.house.clock.now() + timedelta(hours=1)).isoformat()
    reply = await site.post("anna", where, {"do": "placed", "at": ahead})
    assert reply.status_code == 409
    assert (await site.post("anna", f"/v1/alerts/{alert}/tasks/{'0' * 26}", {"do": "take"})).status_code == 404
    # A task of another alert is none of this one.
    wrong = f"/v1/alerts/{waiting}/tasks/{found['social']['id']}"
    assert (await site.post("anna", wrong, {"do": "take"})).status_code == 404


async def test_the_page_says_in_red_words_what_is_late_and_takes_a_time_as_people_type_it(site: Site) -> None:
    alert = await _approved(site)
    found = await _tasks(site, alert)
    cookie = await site.signed_in("anna")
    page = f"/console/alerts/{alert}"
    assert 'class="late"' not in (await site.get(None, page, Cookie=cookie)).text
    site.house.clock.move(20 * 60)  # type: ignore[attr-defined]
    cookie = await site.signed_in("anna")  # who did nothing for so long is no longer signed in
    text = (await site.get(None, page, Cookie=cookie)).text
    late = sum(item.is_late(site.house.clock.now()) for item in await site.house.store.read(_of, alert))
    assert late > 1
    assert f'<strong class="late">, {late} zijn te laat</strong>' in text
    assert '<strong class="late">te laat, had gemoeten om' in text
    where = f"{page}/tasks/{found['website']['id']}"
    reply = await site.form(where, {"do": "placed", "at": "nu", "where": ""}, Cookie=cookie)
    assert reply.status_code == 422
    assert "typ een tijd, zoals 06:30" in reply.text
    local = (site.house.clock.now() - timedelta(minutes=3)).astimezone(site.house.house.settings.hub.zone)
    reply = await site.form(where, {"do": "placed", "at": f"{local:%H%M}", "where": "voorpagina"}, Cookie=cookie)
    assert reply.headers["Location"] == f"{page}#task-{found['website']['id']}"
    placed = (await _tasks(site, alert))["website"]
    assert (placed["state"], str(placed["placed_at"])[11:16], placed["where"]) == (
        "placed",
        f"{local:%H:%M}",
        "voorpagina",
    )
    piece = (await site.get(None, f"{page}/tasks", Cookie=cookie)).text
    assert piece.lstrip().startswith("<section")
    assert f"{late - 1} zijn te laat" in piece


def _of(conn: Connection, alert_id: str) -> list[TaskRow]:
    return [item for item in tasks.of_alert(conn, approving.alert_of(conn, alert_id)) if item.state is TaskState.OPEN]


async def test_the_first_page_says_what_should_have_been_placed_by_now(site: Site) -> None:
    alert = await _approved(site)
    assert "met de hand te plaatsen" not in (await site.get("anna", "/console")).text
    site.house.clock.move(20 * 60)  # type: ignore[attr-defined]
    page = (await site.get("anna", "/console")).text
    assert f'href="/console/alerts/{alert}#by-hand"' in page
    assert "nog met de hand te plaatsen" in page


async def test_what_stands_when_its_time_is_over_is_asked_back_on_the_page_and_late_on_the_first(site: Site) -> None:
    alert = await _approved(site)
    found = await _tasks(site, alert)
    await site.post(
        "anna", f"/v1/alerts/{alert}/tasks/{found['website']['id']}", {"do": "placed", "where": "voorpagina"}
    )
    site.house.clock.move(7 * 3600)  # type: ignore[attr-defined]
    await site.house.store.run(publishing.expire, site.house.house, site.house.clock.now())
    [gone] = [item for item in (await site.get("vera", f"/v1/alerts/{alert}/tasks")).json["items"] if item["clears"]]
    assert (gone["channel"], gone["act"], gone["state"], gone["text"]) == ("website", "remove", "open", "")
    assert gone["earlier"]["where"] == "voorpagina"
    assert "is verlopen en staat er nog" not in (await site.get("anna", "/console")).text
    site.house.clock.move(16 * 60)  # type: ignore[attr-defined]
    first = (await site.get("anna", "/console")).text
    assert f'href="/console/alerts/{alert}#by-hand">Nr 1 is verlopen en staat er nog: Stroomuitval</a>' in first
    cookie = await site.signed_in("anna")
    text = (await site.get(None, f"/console/alerts/{alert}", Cookie=cookie)).text
    assert "Hier staat nog nr 1, en de tijd daarvan is om." in text
    assert "Nog 1 te doen" in text
    where = f"/console/alerts/{alert}/tasks/{gone['id']}"
    assert (await site.form(where, {"do": "placed", "at": ""}, Cookie=cookie)).status_code == 303
    text = (await site.get(None, f"/console/alerts/{alert}", Cookie=cookie)).text
    assert "✓ weggehaald om" in text
    assert "is verlopen en staat er nog" not in (await site.get("anna", "/console")).text
    report = (await site.get("vera", f"/v1/alerts/{alert}/report.json")).json
    assert [hand_state(item) for item in report["by_hand"] if item["channel"] == "website"] == [
        "geplaatst",
        "weggehaald",
    ]
