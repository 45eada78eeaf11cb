"""A mandate over HTTP, from proposal to review."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.houses import CONFIGURATION, TestHouse, house
from tests.integration.web.described import conforms
from tests.integration.web.site import PASSWORD, MovableClock, Site, serving
from tests.mandated import FIELDS, LIMITS

ON = CONFIGURATION.replace('timezone = "Europe/Amsterdam"', 'timezone = "Europe/Amsterdam"\nmandates = true')


@pytest.fixture
async def h(store_url: str, clock: MovableClock) -> AsyncIterator[TestHouse]:
    async with house(store_url, clock=clock, configuration=ON) as opened:
        yield opened


@pytest.fixture
async def open_site(h: TestHouse) -> AsyncIterator[Site]:
    async with serving(h) as served:
        yield served
    for reply in served.seen:
        conforms(reply)


def content(h: TestHouse) -> dict[str, object]:
    """What Carla offers: the scenario, and her answers to its fields."""
    return {
        **dict.fromkeys(("event", "category", "severity", "urgency", "certainty", "infos")),
        "scenario": "power-outage",
        "source": "Gemeente Voorbeeldstad",
        "fields": FIELDS | {"since": h.clock.now().isoformat()},
        "audience": {"areas": ["noord"]},
        "channels": ["sms", "display"],
        "expires": (h.clock.now() + timedelta(hours=3)).isoformat(),
    }


async def test_three_people_make_it_one_uses_it_and_another_looks_at_it_afterwards(
    open_site: Site, h: TestHouse
) -> None:
    site = open_site
    until = (h.clock.now() + timedelta(days=30)).isoformat()
    proposal = {"scenario": "power-outage", "holder": "carla", "limits": LIMITS, "valid_until": until}
    faulty = await site.post(
        "dirk", "/v1/mandates", proposal | {"holder": "vera", "valid_until": "2001-01-01T00:00:00Z"}
    )
    assert (faulty.status_code, {field for field, _ in faulty.rules}) == (422, {"holder", "valid_until"})
    proposed = await site.post("dirk", "/v1/mandates", proposal)
    assert (proposed.status_code, proposed.json["standing"]) == (201, "proposed")
    path = f"/v1/mandates/{proposed.json['id']}"
    alert = await site.submitted("carla", **content(h))
    release = f"/v1/alerts/{alert['alert']}/release-by-mandate"
    digest = {"digest": alert["digest"]}
    assert (await site.post("carla", release, digest)).status_code == 403
    for who, body, status_code in (
        ("dirk", {"digest": proposed.json["digest"]}, 403),
        ("bert", {"digest": "0" * 64}, 409),
        ("bert", {"digest": proposed.json["digest"]}, 200),
        ("anna", {"digest": proposed.json["digest"]}, 409),
    ):
        assert (await site.post(who, f"{path}/sign", body)).status_code == status_code, who
    [listed] = (await site.get("vera", "/v1/mandates")).json["items"]
    assert (listed["standing"], listed["holder_name"]) == ("valid", "carla")
    assert (await site.post("carla", release, {"digest": "0" * 64})).status_code == 409
    assert (await site.post("anna", release, digest)).status_code == 403
    gone = await site.post("carla", release, digest)
    assert (gone.status_code, gone.json["stage"], gone.json["release"]) == (200, "approved", "released")
    review = f"/v1/alerts/{alert['alert']}/review"
    assert (await site.post("anna", review, {"text": "Terecht."})).status_code == 200
    assert (await site.post("bert", review, {"text": "Terecht."})).status_code == 409
    assert (await site.post("vera", f"{path}/revoke")).status_code == 403
    assert (await site.post("carla", f"{path}/revoke")).json["standing"] == "revoked"


async def test_what_is_outside_is_told_field_by_field(open_site: Site, h: TestHouse) -> None:
    site, now = open_site, h.clock.now()
    until = (now + timedelta(days=30)).isoformat()
    proposal = {"scenario": "power-outage", "holder": "carla", "limits": LIMITS, "valid_until": until}
    proposed = (await site.post("dirk", "/v1/mandates", proposal)).json
    await site.post("bert", f"/v1/mandates/{proposed['id']}/sign", {"digest": proposed["digest"]})
    wide = content(h) | {"source": "Iemand", "expires": (now + timedelta(hours=30)).isoformat()}
    alert = await site.submitted("carla", **wide)
    refused = await site.post("carla", f"/v1/alerts/{alert['alert']}/release-by-mandate", {"digest": alert["digest"]})
    assert refused.status_code == 422
    assert sorted(refused.rules) == [("expires", "outside"), ("source", "outside")]
    assert (await site.approve("dirk", alert)).status_code == 200


async def test_who_releases_alone_in_a_session_shows_again_that_it_is_them(open_site: Site, h: TestHouse) -> None:
    site, until = open_site, (h.clock.now() + timedelta(days=30)).isoformat()
    proposal = {"scenario": "power-outage", "holder": "carla", "limits": LIMITS, "valid_until": until}
    proposed = (await site.post("dirk", "/v1/mandates", proposal)).json
    await site.post("bert", f"/v1/mandates/{proposed['id']}/sign", {"digest": proposed["digest"]})
    alert, cookie = await site.submitted("carla", **content(h)), await site.signed_in("carla")
    path, digest = f"/alerts/{alert['alert']}/release-by-mandate", {"digest": alert["digest"]}
    over_the_api = await site.post(None, f"/v1{path}", digest, Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert (over_the_api.status_code, over_the_api.problem) == (403, "step-up")
    for password, status_code in (("", 403), ("geraden", 403), (PASSWORD, 303)):
        reply = await site.form(f"/console{path}", digest | {"password": password}, Cookie=cookie)
        assert reply.status_code == status_code, reply.text


async def test_a_broken_proposal_is_refused_by_field(site: Site) -> None:
    reply = await site.post("dirk", "/v1/mandates", {"scenario": "power-outage", "limits": {"areas": []}})
    assert reply.status_code == 400
    assert {"holder", "valid_until", "limits.areas", "limits.most"} <= {field for field, _ in reply.rules}
