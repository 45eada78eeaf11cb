"""CAP documents over HTTP: what they say, that nobody can change them, and who may read which."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509
from lxml import etree

from broadcaster.model.cap import Lane
from broadcaster.render.cap import profile
from broadcaster.seal import SignatureError
from broadcaster.seal.xml_signature import verified
from broadcaster.store import cap_documents
from broadcaster.web.cap import Bulletins
from broadcaster.workflow import capping
from broadcaster.workflow.capping import Press
from tests import cap_rules, houses
from tests.cap_rules import parameters, text, texts
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Reply, Site

ATOM = "{http://www.w3.org/2005/Atom}"
ONE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # of documents, whatever keeps them


async def released(site: Site, **changed: Any) -> str:
    """A real alert that went out; its id."""
    alert = await site.submitted(**changed)
    assert (await site.approve("bert", alert)).status_code == 200
    return str(alert["alert"])


async def corrected(site: Site, alert_id: str, how: str, **changed: Any) -> str:
    draft = (await site.post("anna", f"/v1/alerts/{alert_id}/{how}")).json
    if changed:
        await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", changed, If_Match='"1"')
    alert = await site.post("anna", f"/v1/drafts/{draft['id']}/submit")
    assert alert.status_code == 201, alert.text
    assert (await site.approve("bert", alert.json)).status_code == 200
    return str(alert.json["alert"])


async def cap(site: Site, alert_id: str, who: str | None = "vera", **headers: str) -> Reply:
    return await site.get(who, f"/v1/alerts/{alert_id}.cap", **headers)


def certificate(lane: Lane = Lane.LIVE) -> x509.Certificate:
    return houses.cap_signers()[lane].certificate


# --- what it says ----------------------------------------------------------------------------------


@ONE
async def test_a_document_says_in_every_language_what_was_approved(site: Site) -> None:
    alert_id = await released(site)
    reply = await cap(site, alert_id)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/cap+xml")
    said = reply.text
    assert profile.breaches(etree.fromstring(said.encode())) == []
    assert cap_rules.breaches(said) == []
    assert (text(said, "status"), text(said, "msgType"), text(said, "scope")) == ("Actual", "Alert", "Public")
    assert text(said, "sender") == "voorbeeldstad.example"
    assert texts(said, "info/language") == ["nl", "en"]
    assert texts(said, "info/headline") == ["Stroomuitval in Noord", "Power cut in Noord"]
    assert texts(said, "info/area/circle") == ["52.09,5.12 3.0"] * 2
    shown = (await site.get("vera", f"/v1/alerts/{alert_id}")).json
    for own, path in (("sent", "sent"), ("expires", "info/expires")):
        assert {datetime.fromisoformat(item) for item in texts(said, path)} == {datetime.fromisoformat(shown[own])}
    for own, name in (("as_of", profile.AS_OF), ("next_update", profile.NEXT_UPDATE)):
        assert datetime.fromisoformat(parameters(said)[0][name]) == datetime.fromisoformat(shown[own])
    assert parameters(said)[0][profile.NOTICE] == "1"


async def test_a_correction_refers_to_the_whole_chain_before_it(site: Site) -> None:
    first = await released(site)
    second = await corrected(site, first, "update")
    third = await corrected(site, second, "cancel", fields={"number": 2, "reason": "mistake"})
    documents = [(await cap(site, item)).text for item in (first, second, third)]
    names = [",".join(text(said, name) for name in ("sender", "identifier", "sent")) for said in documents]
    assert [text(said, "msgType") for said in documents] == ["Alert", "Update", "Cancel"]
    assert [texts(said, "references") for said in documents] == [[], [names[0]], [" ".join(names[:2])]]
    assert [cap_rules.breaches(said) for said in documents] == [[], [], []]


async def test_the_same_bytes_come_every_time_whoever_made_them(site: Site, h: TestHouse, clock: MovableClock) -> None:
    made_by_asking, made_by_itself = await released(site), await released(site)
    asked = await cap(site, made_by_asking)
    press = Press(h.store, h.house, houses.cap_signers(), clock)
    await press.tick()
    assert await h.store.read(cap_documents.unmade) == []
    itself = await cap(site, made_by_itself)
    await press.tick()
    assert (await cap(site, made_by_asking)).text == asked.text
    assert (await cap(site, made_by_itself)).text == itself.text
    again = await cap(site, made_by_asking, If_None_Match=asked.headers["ETag"])
    assert (again.status_code, again.text) == (304, "")


@ONE
async def test_a_document_that_cannot_be_made_keeps_no_other_from_being_made(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    drill = await site.submitted(status="Exercise")
    await site.approve("bert", drill)
    live = await released(site)
    signers = {Lane.LIVE: houses.cap_signers()[Lane.LIVE]}  # the exercise key is lost
    await Press(h.store, h.house, signers, clock).tick()
    assert await h.store.read(cap_documents.unmade) == [drill["alert"]]
    assert await h.store.read(cap_documents.get, live) is not None


@ONE
async def test_an_exercise_says_so_in_its_status_its_note_and_at_both_ends_of_every_text(site: Site) -> None:
    alert = await site.submitted(status="Exercise", exercise="Winterstorm 2026")
    await site.approve("bert", alert)
    said = (await cap(site, alert["alert"])).text
    assert (text(said, "status"), text(said, "note")) == ("Exercise", "Winterstorm 2026")
    assert cap_rules.breaches(said) == []
    for path in ("headline", "description", "instruction", "event"):
        for word, item in zip(("OEFENING", "EXERCISE"), texts(said, f"info/{path}"), strict=True):
            assert item.startswith(word)
            assert item.endswith(word)
    verified(said.encode(), certificate(Lane.DRILL))
    with pytest.raises(SignatureError):
        verified(said.encode(), certificate(Lane.LIVE))


# --- nobody can change it --------------------------------------------------------------------------


@ONE
async def test_everything_but_the_signature_itself_is_signed(site: Site) -> None:
    said = (await cap(site, await released(site))).text
    assert verified(said.encode(), certificate()).tag == f"{{{profile.NAMESPACE}}}alert"
    keys = (await site.get(None, "/v1/keys")).json
    assert keys.get("cap", []) == []  # this house hands out none; the hub's are in test_hub_keys
    root = etree.fromstring(said.encode())
    forgeries = [
        said.replace("Power cut", "No power cut"),
        said.replace("<status>Actual</status>", "<status>Test</status>"),
        said.replace("52.09,5.12", "52.19,5.12"),
        said.replace("<scope>Public</scope>", "<scope>Public</scope><note>x</note>"),
    ]
    for index in range(len(root) - 1):
        cut = etree.fromstring(said.encode())
        cut.remove(cut[index])
        forgeries.append(etree.tostring(cut).decode())
    wrapped = etree.fromstring(said.replace("Actual", "Test").encode())
    wrapped.append(etree.fromstring(said.encode()))  # the true document inside a false one
    forgeries.append(etree.tostring(wrapped).decode())
    for forgery in forgeries:
        assert forgery != said
        with pytest.raises(SignatureError):
            verified(forgery.encode(), certificate())


@ONE
async def test_another_key_signs_nothing_of_ours(site: Site) -> None:
    said = (await cap(site, await released(site))).text
    swapped = etree.fromstring(said.encode())
    [brought_along] = swapped.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    brought_along.text = houses.cap_signers()[Lane.DRILL].jwk["x5c"][0]
    for document in (said.encode(), etree.tostring(swapped)):
        with pytest.raises(SignatureError):
            verified(document, certificate(Lane.DRILL))


# --- who may read which ----------------------------------------------------------------------------


async def test_anybody_may_read_what_went_out_to_all_and_nothing_else(site: Site, clock: MovableClock) -> None:
    public = await released(site)
    group = await released(site, channels=["sms"])
    later = (clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    planned = await released(site, release_at=later)
    waiting = (await site.submitted())["alert"]
    drill = await site.submitted(status="Exercise")
    await site.approve("bert", drill)
    open_, *closed = public, group, planned, waiting, drill["alert"]
    assert (await cap(site, open_, None)).status_code == 200
    for alert_id in closed:
        assert (await cap(site, alert_id, None)).problem == "unauthenticated"
        assert (await cap(site, alert_id, "scherm-noord")).status_code == 403
        reply = await cap(site, alert_id, "vera")
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "no-store"
        assert cap_rules.breaches(reply.text) == []
    assert text((await cap(site, group)).text, "scope") == "Restricted"
    nobody = "0" * 26
    assert (await cap(site, nobody, None)).status_code == 401
    assert (await cap(site, nobody)).status_code == 404


@ONE
async def test_an_organisation_that_is_gone_still_stands_for_what_it_said(site: Site, h: TestHouse) -> None:
    first = await released(site)
    [own] = h.house.settings.organisations
    other = own.model_copy(update={"id": "andere", "name": "Andere", "sender": "andere.example"})
    later = replace(h.house, settings=replace(h.house.settings, organisations=(other,)))
    document = await h.store.run(capping.document_of, later, houses.cap_signers(), first, h.clock.now())
    assert text(document.decode(), "sender") == "voorbeeldstad.example"
    [entry] = ET.fromstring(await Bulletins(h.store, later, h.clock).now()).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Gemeente Voorbeeldstad"


@ONE
async def test_what_nobody_approved_is_a_draft_and_not_signed(site: Site) -> None:
    alert = await site.submitted()
    said = (await cap(site, alert["alert"])).text
    assert (text(said, "status"), text(said, "note")) == ("Draft", "Nog niet geaccordeerd.")
    assert "Signature" not in said
    await site.approve("bert", alert)
    said = (await cap(site, alert["alert"])).text
    assert (text(said, "status"), texts(said, "note")) == ("Actual", [])


# --- the feed --------------------------------------------------------------------------------------


async def feed(site: Site, clock: MovableClock) -> tuple[Reply, ET.Element]:
    clock.move(2)
    reply = await site.get(None, "/v1/feed.atom")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/atom+xml")
    root = ET.fromstring(reply.text.encode())
    required(root)
    return reply, root


def required(root: ET.Element) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2: what a feed and its entries must have, each once."""
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for node in (root, *entries):
        for name in ("id", "title", "updated"):
            assert len(node.findall(ATOM + name)) == 1, name
        assert (node.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")
        assert datetime.fromisoformat(node.findtext(f"{ATOM}updated") or "").tzinfo
        assert node.findtext(f"{ATOM}author/{ATOM}name")
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")] == ["self"]
    for entry in entries:
        assert "alternate" in [link.get("rel") for link in entry.findall(f"{ATOM}link")]  # as there is no content
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    newest = max((entry.findtext(f"{ATOM}updated") or "" for entry in entries), default=None)
    assert newest in (None, root.findtext(f"{ATOM}updated"))


def links(entry: ET.Element) -> dict[str, str]:
    return {str(link.get("rel")): str(link.get("href")) for link in entry.findall(f"{ATOM}link")}


@ONE
async def test_the_feed_has_what_is_for_everybody_and_links_to_it(site: Site, clock: MovableClock) -> None:
    empty, root = await feed(site, clock)
    assert root.findall(f"{ATOM}entry") == []
    alert_id = await released(site)
    await released(site, channels=["sms"])
    await site.submitted()
    await site.approve("bert", await site.submitted(status="Exercise"))
    reply, root = await feed(site, clock)
    [entry] = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Stroomuitval in Noord"
    assert reply.headers["ETag"] != empty.headers["ETag"]
    linked = links(entry)["alternate"].removeprefix("https://crisis.voorbeeldstad.example")
    document = await site.get(None, linked)
    assert text(document.text, "identifier") == entry.findtext(f"{ATOM}id")
    assert linked == f"/v1/alerts/{alert_id}.cap"
    again = await site.get(None, "/v1/feed.atom", If_None_Match=reply.headers["ETag"])
    assert (again.status_code, again.text, again.headers["ETag"]) == (304, "", reply.headers["ETag"])


async def test_a_correction_is_an_entry_and_changes_that_of_what_it_replaces(site: Site, clock: MovableClock) -> None:
    first = await released(site)
    before = (await feed(site, clock))[1].find(f"{ATOM}entry")
    assert before is not None
    clock.move(60)
    second = await corrected(site, first, "update")
    _, root = await feed(site, clock)
    new, old = root.findall(f"{ATOM}entry")
    assert links(old)["successor-version"] == links(new)["alternate"]
    assert second in links(new)["alternate"]
    assert old.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert (old.findtext(f"{ATOM}updated") or "") > (before.findtext(f"{ATOM}updated") or "")


async def test_what_ended_leaves_the_feed_after_two_weeks(site: Site, clock: MovableClock) -> None:
    await released(site)
    clock.move(13 * 86400)
    assert len((await feed(site, clock))[1].findall(f"{ATOM}entry")) == 1
    clock.move(2 * 86400)
    assert (await feed(site, clock))[1].findall(f"{ATOM}entry") == []


# --- in --------------------------------------------------------------------------------------------

CAP_TYPE = {"Content_Type": "application/cap+xml"}


@ONE
async def test_a_document_from_elsewhere_becomes_a_draft_and_what_was_left_is_named(site: Site) -> None:
    said = (await cap(site, await released(site))).text
    said = said.replace("<status>Actual", "<status>Exercise").replace("omroeper:short", "EAS-ORG")
    reply = await site.post("machine", "/v1/drafts", said.encode(), Idempotency_Key="a", **CAP_TYPE)
    assert reply.status_code == 201, reply.text
    draft = reply.json
    assert (draft["status"], draft["stage"], draft["areas"]) == ("Exercise", "draft", ["noord"])
    assert draft["infos"]["en"]["instruction"] == "Stay at home if you can. Use a torch."
    assert {finding["code"] for finding in draft["findings"]} == {"cap-parameter", "cap-signature"}
    assert (await site.get("anna", f"/v1/drafts/{draft['id']}")).json["infos"] == draft["infos"]
    again = await site.post("machine", "/v1/drafts", said.encode(), Idempotency_Key="a", **CAP_TYPE)
    assert again.json == draft
    assert (await site.post("vera", "/v1/drafts", said.encode(), **CAP_TYPE)).status_code == 403


@ONE
async def test_what_went_out_comes_in_and_goes_out_again_with_the_same_meaning(site: Site, clock: MovableClock) -> None:
    said = (await cap(site, await released(site))).text
    clock.move(60)
    draft = (await site.post("anna", "/v1/drafts", said.encode(), **CAP_TYPE)).json
    rest = {"channels": ["sms", "email", "display"], "audience": {"groups": ["bewoners"], "areas": ["noord"]}}
    assert (await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", rest, If_Match='"1"')).status_code == 200
    alert = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    assert (await site.approve("bert", alert)).status_code == 200
    again = (await cap(site, alert["alert"])).text
    own = {"identifier", "sent"}
    root, other = (ET.fromstring(document.encode()) for document in (said, again))
    for node, same in zip(root[:-1], other[:-1], strict=True):
        name = node.tag.rpartition("}")[2]
        if name == "info":
            told = [ET.tostring(item).decode() for item in (node, same)]
            assert told[0].replace("<ns0:value>1<", "<ns0:value>2<") == told[1]  # the notice has a number of its own
        else:
            assert (node.text == same.text) is (name not in own), name


@ONE
async def test_what_is_no_alert_is_refused_and_nothing_is_stored(site: Site) -> None:
    entity = b'<!DOCTYPE alert [<!ENTITY e SYSTEM "file:///etc/hostname">]><alert>&e;</alert>'
    for raw, problem in ((entity, "malformed"), (b"", "malformed"), (b"<alert/>" * 40_000, "too-large")):
        reply = await site.post("anna", "/v1/drafts", raw, **CAP_TYPE)
        assert reply.problem == problem
    cancel = (await cap(site, await released(site))).text.replace("<msgType>Alert", "<msgType>Cancel")
    assert (await site.post("anna", "/v1/drafts", cancel.encode(), **CAP_TYPE)).rules == [
        ("msgType", "cap-message-type")
    ]
    long = (await cap(site, await released(site))).text.replace("Power cut in Noord", "x" * 201)
    assert ("infos.en.headline", "string-too-long") in (
        await site.post("anna", "/v1/drafts", long.encode(), **CAP_TYPE)
    ).rules
    assert [item["stage"] for item in (await site.get("anna", "/v1/drafts")).json["items"]] == []
