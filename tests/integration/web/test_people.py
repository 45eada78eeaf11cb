"""Who may do what over HTTP."""

import asyncio

from broadcaster.store import people
from broadcaster.web.callers import KNOWN_IN
from broadcaster.web.routes import ROUTES
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Site

EVERYONE = ("anna", "carla", "dirk", "vera", "beheer", "machine", "scherm-noord")
READERS = {"anna", "carla", "dirk", "vera", "beheer"}
DRAFTERS = {"anna", "carla", "machine"}
APPROVERS = {"anna", "dirk"}
ADMINS = {"beheer"}
OFFICERS = {"anna", "carla", "dirk"}
ADMITTED = {
    ("POST", "/v1/drafts"): DRAFTERS,
    ("GET", "/v1/drafts"): READERS | {"machine"},
    ("GET", "/v1/drafts/{id}"): READERS | {"machine"},
    ("PATCH", "/v1/drafts/{id}"): DRAFTERS | APPROVERS,  # approvers: a correction
    ("DELETE", "/v1/drafts/{id}"): DRAFTERS | APPROVERS,
    ("GET", "/v1/drafts/{id}/renditions"): READERS | {"machine"},
    ("POST", "/v1/drafts/{id}/submit"): OFFICERS,
    ("POST", "/v1/drafts/{id}/languages/{language}/check"): OFFICERS,
    ("GET", "/v1/contacts"): READERS | {"machine"},
    ("POST", "/v1/contacts"): OFFICERS,
    ("POST", "/v1/contacts/{id}/verify"): OFFICERS,
    ("POST", "/v1/contacts/{id}/retire"): OFFICERS,
    ("GET", "/v1/alerts"): READERS,
    ("GET", "/v1/alerts/{id}"): READERS,
    ("GET", "/v1/alerts/{id}/deliveries"): READERS,
    ("GET", "/v1/alerts/{id}/renditions"): READERS,
    ("GET", "/v1/alerts/{id}/report.json"): READERS,
    ("GET", "/v1/alerts/{id}/report.pdf"): READERS,
    ("GET", "/v1/alerts/{id}/report.csv"): READERS,
    ("GET", "/v1/alerts/{id}/tasks"): READERS,
    ("POST", "/v1/alerts/{id}/tasks/{task}"): OFFICERS,
    ("GET", "/v1/alerts/{id}/outputs"): READERS,
    ("GET", "/v1/alerts/{id}/outputs/{output}"): READERS,
    ("POST", "/v1/alerts/{id}/listened"): APPROVERS,
    ("POST", "/v1/recordings"): OFFICERS,
    ("GET", "/v1/recordings/{sha256}"): READERS,
    ("POST", "/v1/alerts/{id}/approve"): APPROVERS,
    ("POST", "/v1/alerts/{id}/step-up"): OFFICERS,
    ("POST", "/v1/alerts/{id}/step-up/challenge"): OFFICERS,
    ("POST", "/v1/alerts/{id}/release-by-mandate"): {"anna", "carla"},
    ("POST", "/v1/alerts/{id}/review"): APPROVERS,
    ("GET", "/v1/mandates"): READERS,
    ("POST", "/v1/mandates"): APPROVERS,
    ("POST", "/v1/mandates/{id}/sign"): APPROVERS,
    ("POST", "/v1/mandates/{id}/revoke"): OFFICERS,
    ("POST", "/v1/alerts/{id}/return"): OFFICERS,
    ("POST", "/v1/alerts/{id}/halt"): OFFICERS,
    ("POST", "/v1/alerts/{id}/resend"): OFFICERS,
    ("POST", "/v1/alerts/{id}/update"): OFFICERS,
    ("POST", "/v1/alerts/{id}/cancel"): OFFICERS,
    ("POST", "/v1/alerts/{id}/release"): APPROVERS,
    ("GET", "/v1/boards/{point}"): READERS | {"scherm-noord"},
    ("GET", "/v1/heartbeats/{point}"): READERS | {"scherm-noord"},
    ("GET", "/v1/devices"): READERS,
    ("POST", "/v1/devices/codes"): OFFICERS | {"beheer"},
    ("POST", "/v1/devices/{id}/revoke"): OFFICERS | {"beheer"},
    ("POST", "/v1/reports"): {"scherm-noord"},
    ("GET", "/v1/reports"): READERS,
    ("GET", "/v1/reports/receipts"): {"scherm-noord"},
    ("POST", "/v1/reports/{id}/read"): OFFICERS,
    ("POST", "/v1/points/{point}/showing"): {"scherm-noord"},
    ("GET", "/v1/points"): READERS,
    ("GET", "/v1/points/{point}"): READERS,
    ("POST", "/v1/points/{point}/asked"): OFFICERS,
    ("GET", "/v1/heard"): READERS,
}
PAGES = {
    ("POST", "/console/sign-out"): READERS,
    ("GET", "/console"): READERS,
    ("GET", "/console/account"): READERS,
    ("POST", "/console/account/sessions/{id}/end"): READERS,
    ("POST", "/console/account/reach/{kind}"): READERS,
    ("POST", "/console/account/password"): READERS,
    ("POST", "/console/account/factor"): READERS,
    ("POST", "/console/account/factor/confirm"): READERS,
    ("POST", "/console/account/factor/remove"): READERS,
    ("GET", "/console/areas.geojson"): READERS,
    ("POST", "/console/account/identity"): READERS,
    ("POST", "/console/account/identity/remove"): READERS,
    ("POST", "/console/account/passkeys"): READERS,
    ("POST", "/console/account/passkeys/begin"): READERS,
    ("POST", "/console/account/passkeys/{id}/remove"): READERS,
    ("GET", "/console/drafts"): READERS,
    ("POST", "/console/drafts"): {"anna", "carla"},
    ("GET", "/console/drafts/new"): {"anna", "carla"},
    ("GET", "/console/drafts/{id}"): READERS,
    ("GET", "/console/drafts/{id}/poster.pdf"): READERS,
    ("GET", "/console/drafts/{id}/beside"): READERS,
    ("POST", "/console/drafts/{id}"): {"anna", "carla", "dirk"},
    ("POST", "/console/drafts/{id}/submit"): {"anna", "carla", "dirk"},
    ("POST", "/console/drafts/{id}/delete"): {"anna", "carla", "dirk"},
    ("POST", "/console/drafts/{id}/languages/{language}/check"): {"anna", "carla", "dirk"},
    ("GET", "/console/steunpunten"): READERS,
    ("POST", "/console/steunpunten/code"): OFFICERS | {"beheer"},
    ("POST", "/console/steunpunten/{point}/asked"): OFFICERS,
    ("POST", "/console/steunpunten/reports/{id}/read"): OFFICERS,
    ("POST", "/console/steunpunten/devices/{id}/revoke"): OFFICERS | {"beheer"},
    ("POST", "/console/alerts/{id}/release-by-mandate"): {"anna", "carla"},
    ("POST", "/console/alerts/{id}/review"): APPROVERS,
    ("GET", "/console/mandaten"): READERS,
    ("POST", "/console/mandaten"): APPROVERS,
    ("POST", "/console/mandaten/{id}/sign"): APPROVERS,
    ("POST", "/console/mandaten/{id}/revoke"): {"anna", "carla", "dirk"},
    ("GET", "/console/mensen"): ADMINS,
    ("POST", "/console/mensen"): ADMINS,
    ("GET", "/console/mensen/{id}"): ADMINS,
    ("POST", "/console/mensen/{id}/{act}"): ADMINS,
    ("GET", "/console/sleutels"): ADMINS,
    ("POST", "/console/sleutels"): ADMINS,
    ("POST", "/console/sleutels/{id}/revoke"): ADMINS,
    ("GET", "/console/doelgroep"): ADMINS,
    ("POST", "/console/doelgroep"): ADMINS,
    ("GET", "/console/doelgroep/verslag.csv"): ADMINS,
    ("POST", "/console/doelgroep/neem"): ADMINS,
    ("GET", "/console/instellingen"): ADMINS,
    ("GET", "/console/contacten"): READERS,
    ("POST", "/console/contacten"): {"anna", "carla", "dirk"},
    ("POST", "/console/contacten/{id}/verify"): {"anna", "carla", "dirk"},
    ("POST", "/console/contacten/{id}/retire"): {"anna", "carla", "dirk"},
    ("GET", "/console/alerts"): READERS,
    ("GET", "/console/alerts/{id}"): READERS,
    ("GET", "/console/alerts/{id}/progress"): READERS,
    ("GET", "/console/alerts/{id}/tasks"): READERS,
    ("POST", "/console/alerts/{id}/tasks/{task}"): {"anna", "carla", "dirk"},
    ("GET", "/console/alerts/{id}/mail/{language}"): READERS,
    ("POST", "/console/alerts/{id}/approve"): APPROVERS,
    ("POST", "/console/alerts/{id}/return"): {"anna", "carla", "dirk"},
    ("POST", "/console/alerts/{id}/halt"): {"anna", "carla", "dirk"},
    ("POST", "/console/alerts/{id}/release"): APPROVERS,
    ("POST", "/console/alerts/{id}/resend"): {"anna", "carla", "dirk"},
    ("POST", "/console/alerts/{id}/update"): {"anna", "carla", "dirk"},
    ("POST", "/console/alerts/{id}/cancel"): {"anna", "carla", "dirk"},
}
"""Who is not signed in is sent to where they can."""
SIGN_IN = {
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("POST", "/console/sign-in/code"),
    ("POST", "/console/sign-in/choose"),
    ("POST", "/console/sign-in/passkey"),
    ("GET", "/console/sign-in/oidc"),
    ("GET", "/console/sign-in/oidc/callback"),
    ("GET", "/console/sign-in/oidc/keys"),
    ("POST", "/console/sign-in/passkey/begin"),
    ("POST", "/console/language"),
    ("POST", "/v1/devices"),  # with a code
}
OF_AN_ALERT = {("GET", "/v1/alerts/{id}.cap"), ("GET", "/audio/{sha256}")}
"""Who may is a matter of which alert it is; their own tests tell."""
STREAMED = {("GET", "/v1/events")}
PUBLIC = {
    ("GET", "/metrics"),
    ("GET", "/v1/keys"),
    ("GET", "/v1/feed.atom"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
SHIPPED = {("GET", path) for path in ("/", "/robots.txt", "/favicon.ico", "/assets/{name:.+}")}
SHIPPED |= {("GET", f"/display/{{point}}{page}") for page in ("", "/papier", "/worker.js")}
SHIPPED |= {("GET", path) for path in ("/controle", "/controle/stand.json", "/controle/worker.js")}
SHIPPED |= {("GET", "/v1/alerts/{id}/poster.pdf")}  # for everybody or not: a matter of which alert it is
SECRET_PLACES = {(method, path) for method in ("GET", "POST") for path in ("/hooks/{account}/{key}", "/uit/{token}")}


async def test_every_call_admits_whom_it_should_and_nobody_else(site: Site) -> None:
    known = ADMITTED.keys() | PAGES.keys() | SIGN_IN | STREAMED | PUBLIC | OF_AN_ALERT | SHIPPED
    known |= SECRET_PLACES
    assert {(route.method, route.path) for route in ROUTES} == known
    for (method, path), admitted in {**ADMITTED, **PAGES}.items():
        where = path.format(
            id="0" * 26,
            point="wijkhuis-noord",
            language="nl",
            output="radio",
            sha256="0" * 64,
            kind="sms",
            task="0" * 26,
            act="reset",
        )
        for who in EVERYONE:
            reply = await site.call(who, method, where)
            assert (reply.status_code != 403) == (who in admitted), (method, path, who, reply.status_code)
            assert reply.status_code != 401
        nobody = await site.call(None, method, where)
        if (method, path) in PAGES:
            assert nobody.status_code == 303
            assert nobody.headers["Location"].startswith("/console/sign-in?next=")
            continue
        assert (nobody.status_code, nobody.problem) == (401, "unauthenticated")
        assert nobody.headers["WWW-Authenticate"] == 'Bearer realm="omroeper"'


async def test_keys_and_health_are_for_everyone(site: Site) -> None:
    for method, path in PUBLIC:
        assert (await site.call(None, method, path)).status_code == 200


async def test_who_shows_no_known_token_is_nobody(site: Site) -> None:
    known = site.house.tokens["anna"]
    for shown in (
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        f"Token {known}",
        f"Bearer {known}x",
        f"Bearer {known[:-1]}",
        f"Bearer {known}, Bearer {known}",
        "Bearer " + "x" * 43,
        "Bearer " + "x" * 5000,
        "Bearer " + "é" * 20,
    ):
        reply = await site.get(None, "/v1/drafts", Authorization=shown)
        assert (reply.status_code, reply.problem) == (401, "unauthenticated"), shown
        assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="omroeper"')


async def test_a_revoked_token_is_worthless_within_five_seconds(site: Site, h: TestHouse, clock: MovableClock) -> None:
    assert (await site.get("vera", "/v1/drafts")).status_code == 200
    await h.store.run(people.revoke_token, h.callers["vera"].token_id, clock.now())
    assert KNOWN_IN < 5
    clock.move(KNOWN_IN)
    assert (await site.get("vera", "/v1/drafts")).status_code == 401


async def test_a_disabled_person_is_let_in_no_more(site: Site, h: TestHouse, clock: MovableClock) -> None:
    assert (await site.get("carla", "/v1/drafts")).status_code == 200
    await h.store.run(people.disable, h.callers["carla"].person_id, clock.now())
    clock.move(KNOWN_IN)
    assert (await site.get("carla", "/v1/drafts")).status_code == 401


async def test_an_approver_may_not_have_touched_the_text(site: Site) -> None:
    draft = await site.draft("anna")
    path = f"/v1/drafts/{draft['id']}"
    await site.call("bert", "PATCH", path, {"source": "Gemeente"}, If_Match='"1"')
    alert = (await site.post("carla", f"{path}/submit")).json
    for contributor in ("anna", "bert"):
        reply = await site.approve(contributor, alert)
        assert (reply.status_code, reply.problem) == (403, "forbidden")
    assert (await site.approve("dirk", alert)).status_code == 200


async def test_who_submitted_may_not_approve(site: Site) -> None:
    draft = await site.draft("carla")
    alert = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    assert (await site.approve("anna", alert)).status_code == 403


async def test_approval_is_refused_in_the_order_of_the_contract(site: Site) -> None:
    expected = {"groups": ["bewoners"], "areas": ["noord"], "expected": 2}
    alert = await site.submitted(audience=expected)  # six, so its size must be typed
    path = f"/v1/alerts/{alert['alert']}/approve"
    wrong = {"digest": "0" * 64, "accepts": []}
    right = {"digest": alert["digest"], "accepts": ["audience-unexpected"], "expected": 6}
    assert (await site.post(None, path, wrong)).status_code == 401
    assert (await site.post("anna", path, wrong)).status_code == 403  # wrote it
    assert (await site.post("carla", path, wrong)).status_code == 403  # no approver
    other = await site.post("bert", path, wrong)
    assert (other.status_code, other.rules) == (409, [("digest", "other")])
    nothing = await site.post("bert", path, right | {"accepts": []})
    assert (nothing.status_code, nothing.rules[0]) == (422, ("accepts", "audience-unexpected"))
    size = await site.post("bert", path, right | {"expected": 5})
    assert (size.status_code, size.rules) == (422, [("expected", "audience-size")])
    more = await site.post("bert", path, right | {"accepts": ["audience-unexpected", "x"]})
    assert (more.status_code, more.rules) == (422, [("accepts", "unknown")])
    assert (await site.post("bert", path, right)).status_code == 200
    assert (await site.post("bert", path, right)).status_code == 409
    assert (await site.post("anna", path, right)).status_code == 403


async def test_of_two_approvals_at_once_one_counts(site: Site) -> None:
    alert = await site.submitted()
    replies = await asyncio.gather(*(site.approve(who, alert) for who in ("bert", "dirk")))
    assert sorted(reply.status_code for reply in replies) == [200, 409]


async def test_an_approval_never_meets_another_text_than_the_one_approved(site: Site) -> None:
    for attempt in range(5):
        alert = await site.submitted(channels=["display"], event=f"Storing {attempt}")
        draft = (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json["draft"]
        edit = site.call("anna", "PATCH", f"/v1/drafts/{draft}", {"event": "Anders"}, If_Match='"1"')
        back = site.post("carla", f"/v1/alerts/{alert['alert']}/return", {"reason": "Toch niet."})
        approved, edited, returned = await asyncio.gather(site.approve("bert", alert), edit, back)
        assert {approved.status_code, returned.status_code} == {200, 409}
        if edited.status_code == 200:  # only after the return
            assert returned.status_code == 200
        shown = (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json
        assert (shown["event"], shown["digest"]) == (f"Storing {attempt}", alert["digest"])


async def test_a_machine_writes_and_a_person_submits_and_another_approves(site: Site) -> None:
    draft = await site.draft("machine")
    path = f"/v1/drafts/{draft['id']}/submit"
    assert (await site.post("machine", path)).status_code == 403
    alert = (await site.post("carla", path)).json
    assert (await site.approve("bert", alert)).status_code == 200


async def test_a_display_sees_its_own_board_only(site: Site) -> None:
    assert (await site.get("scherm-noord", "/v1/boards/buurthuis-zuid")).problem == "forbidden"
    assert (await site.get("scherm-zuid", "/v1/boards/buurthuis-zuid")).problem == "not-found"  # none signed yet
    assert (await site.get("scherm-noord", "/v1/boards/nergens")).problem == "forbidden"
    assert (await site.get("vera", "/v1/boards/nergens")).problem == "not-found"
