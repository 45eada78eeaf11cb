"""Posters over HTTP, and from the command line."""

import json

import pytest

from broadcaster.model.board import Mode
from broadcaster.render.poster import DRAFT, Size
from broadcaster.seal import verified_text
from broadcaster.workflow import posters, vouching
from tests.houses import board_signers


def path(alert_id: str, size: str = "a4") -> str:
    return f"/v1/alerts/{alert_id}/poster.pdf?size={size}"


async def test_an_approved_alert_has_one_that_is_the_same_for_everybody(site):
    alert = await site.submitted()
    await site.approve("bert", alert)
    first, second = [await site.get(who, path(alert["alert"], "a3")) for who in ("anna", "vera")]
    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/pdf")
    assert first.text == second.text
    assert first.text.startswith("%PDF-")
    known = await site.get("anna", path(alert["alert"], "a3"), If_None_Match=first.headers["ETag"])
    assert known.status_code == 304


@pytest.mark.parametrize(("who", "status_code"), [(None, 401), ("machine", 403), ("scherm-noord", 403)])
async def test_until_a_real_public_alert_is_out_only_people_of_the_house_get_one(site, who, status_code):
    alert = await site.submitted()
    drill, group = [await site.submitted(**changed) for changed in ({"status": "Exercise"}, {"channels": ["sms"]})]
    for hidden in (alert, drill, group):
        assert (await site.get(who, path(hidden["alert"]))).status_code == status_code
    for approved in (alert, drill, group):
        await site.approve("bert", approved)
    assert (await site.get(who, path(alert["alert"]))).status_code == 200
    for hidden in (drill, group):
        assert (await site.get(who, path(hidden["alert"]))).status_code == status_code


async def test_an_unknown_sheet_is_refused_and_an_unknown_alert_is_not_there(site):
    alert = await site.submitted()
    assert (await site.get("anna", path(alert["alert"], "a5"))).rules == [("size", "enum")]
    assert (await site.get("anna", path("0" * 26))).problem == "not-found"
    assert (await site.get(None, path("0" * 26))).problem == "unauthenticated"


async def test_before_the_approval_it_says_so_and_proves_nothing(h):
    row = (await h.submit("anna")).alert
    drawn = await h.store.read(posters.of_alert, h.house, board_signers(), row.id, Size.A4)
    assert (drawn.draft, drawn.code) == (DRAFT, None)


async def test_what_was_replaced_or_withdrawn_has_none_any_more(site):
    alert = await site.submitted()
    await site.approve("bert", alert)
    draft = (await site.post("anna", f"/v1/alerts/{alert['alert']}/cancel")).json
    after = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    assert (await site.get("anna", path(alert["alert"]))).status_code == 200
    await site.approve("bert", after)
    refused = await site.get("anna", path(alert["alert"]))
    assert refused.problem == "conflict"
    assert refused.json["detail"] == f"Nr {alert['number']} geldt niet meer. Druk nr {after['number']} af."


@pytest.mark.parametrize(
    ("status", "mode"), [("Actual", Mode.LIVE), ("Exercise", Mode.EXERCISE), ("Test", Mode.EXERCISE)]
)
async def test_its_code_is_the_notice_signed_by_the_key_of_its_own_mode(h, status, mode):
    row = await h.released(h.content(status=status))
    signers = board_signers()
    organisation = h.house.organisation(row.organisation_id)
    link = vouching.link("https://crisis.example", row, organisation.name, None, "Stroomuitval", signers[mode])
    address, token = link.split("#")
    assert address == "https://crisis.example/controle"
    said = json.loads(verified_text(token, vouching.TYP, signers[mode].key))
    assert said == {
        "mode": mode,
        "organisation": "voorbeeldstad",
        "sender": "Gemeente Voorbeeldstad",
        "number": row.number,
        "headline": "Stroomuitval",
        "expires": row.expires_at.isoformat().replace("+00:00", "Z"),
        "texts": vouching.texts_digest(row),
    }
    other = next(signer for name, signer in signers.items() if name is not mode)
    with pytest.raises(ValueError, match="is not for the key"):
        vouching.link("https://crisis.example", row, organisation.name, None, "Stroomuitval", other)
    drawn = await h.store.read(posters.of_alert, h.house, signers, row.id, Size.A4)
    assert drawn.code is not None


async def test_a_draft_that_nothing_blocks_has_one_that_says_so(site):
    draft = await site.draft()
    reply = await site.get("vera", f"/console/drafts/{draft['id']}/poster.pdf")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/pdf")
    assert reply.text.startswith("%PDF-")
    early = await site.draft(expires=None)
    assert (await site.get("vera", f"/console/drafts/{early['id']}/poster.pdf")).status_code == 422
