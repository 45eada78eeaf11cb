"""A message read aloud: kept with its draft, heard to the end by who approves, and public with its text."""

import hashlib
import io
import wave
from typing import Any

import pytest

from broadcaster.model.recording import MOST_BYTES, recognised, whole
from broadcaster.web.front import Front
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Reply, Site, serving


def spoken(seconds: float = 1.0) -> bytes:
    """A recording of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", "none"))
        out.writeframes(bytes(int(seconds * 16000)))
    return file.getvalue()


WAV = spoken()
NAME = hashlib.sha256(WAV).hexdigest()


async def _sent(site: Site, raw: bytes = WAV, media_type: str = "audio/wav", who: str = "anna") -> Reply:
    headers = {"Authorization": f"Bearer {site.house.tokens[who]}", "Content-Type": media_type}
    async with site.session.post(f"{site.url}/v1/recordings", data=io.BytesIO(raw), headers=headers) as answer:
        return Reply(answer.status, answer.headers, await answer.text(), "POST", "/v1/recordings")


async def _waiting(site: Site, **changed: Any) -> dict[str, Any]:
    """An alert with a recording that waits for approval."""
    assert (await _sent(site)).status_code == 201
    return dict(await site.submitted(audio={"nl": NAME}, **changed))


async def _approve(site: Site, alert: dict[str, Any], who: str = "bert") -> Reply:
    accepts = [finding["code"] for finding in alert["findings"] if finding["kind"] == "to-accept"]
    return await site.post(
        who,
        f"/v1/alerts/{alert['alert']}/approve",
        {"digest": alert["digest"], "accepts": accepts, "expected": alert["audience"]["count"]},
    )


async def _listen(site: Site, alert: dict[str, Any], played: list[list[float]], who: str = "bert") -> Reply:
    body = {"recording": NAME, "played": played, "duration": 30.0}
    return await site.post(who, f"/v1/alerts/{alert['alert']}/listened", body)


async def test_a_recording_is_kept_under_what_it_is(site: Site) -> None:
    reply = await _sent(site)
    assert (reply.status_code, reply.json) == (201, {"sha256": NAME, "media_type": "audio/wav", "size": len(WAV)})
    assert (await _sent(site)).status_code == 201  # the same one is there once
    async with site.session.get(
        f"{site.url}/v1/recordings/{NAME}", headers={"Authorization": f"Bearer {site.house.tokens['vera']}"}
    ) as answer:
        assert (answer.headers["Content-Type"], await answer.read()) == ("audio/wav", WAV)


@pytest.mark.parametrize(
    ("raw", "media_type", "status_code"),
    [
        (b"<html>", "audio/mpeg", 400),
        (b"", "audio/mpeg", 400),
        (WAV, "application/octet-stream", 415),
        (b"ID3" + bytes(MOST_BYTES), "audio/mpeg", 413),
    ],
    ids=["a page", "nothing", "another type", "too large"],
)
async def test_what_is_no_recording_is_refused(site: Site, raw: bytes, media_type: str, status_code: int) -> None:
    assert (await _sent(site, raw, media_type)).status_code == status_code


async def test_five_megabytes_are_taken(site: Site) -> None:
    assert (await _sent(site, b"ID3" + bytes(MOST_BYTES - 3), "audio/mpeg")).status_code == 201


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"OggS\x00", "audio/ogg"),
        (WAV[:16], "audio/wav"),
        (b"RIFF\x00\x00\x00\x00WEBP", None),
        (b"\xff\xd8\xff\xe0", None),  # a JPEG
        (b"\x7fELF", None),
    ],
    ids=str,
)
def test_a_file_is_what_it_begins_with_and_not_what_it_is_called(raw: bytes, media_type: str | None) -> None:
    found = recognised(raw)
    assert (found and found.media_type) == media_type


async def test_a_draft_names_only_recordings_that_are_here(site: Site) -> None:
    draft = await site.draft()
    path, tag = f"/v1/drafts/{draft['id']}", '"1"'
    refused = await site.call("anna", "PATCH", path, {"audio": {"nl": "0" * 64}}, If_Match=tag)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "audio.nl")
    await _sent(site)
    taken = await site.call("anna", "PATCH", path, {"audio": {"nl": NAME}}, If_Match=tag)
    assert taken.json["audio"] == {"nl": NAME}
    gone = await site.call("anna", "PATCH", path, {"audio": {"nl": None}}, If_Match='"2"')
    assert "audio" not in gone.json


async def test_a_recording_without_a_text_in_its_language_keeps_a_draft_back(site: Site) -> None:
    await _sent(site)
    draft = await site.draft(audio={"tr": NAME})
    refused = await site.post("anna", f"/v1/drafts/{draft['id']}/submit")
    assert "audio.tr" in [fault["field"] for fault in refused.json["errors"]]


async def test_nobody_approves_what_they_did_not_hear(site: Site) -> None:
    alert = await _waiting(site)
    refused = await _approve(site, alert)
    assert refused.status_code == 422
    assert [fault["rule"] for fault in refused.json["errors"]] == ["audio-unheard:nl"]
    assert (await _listen(site, alert, [[0.0, 20.0]])).status_code == 422  # not the whole of it
    assert (await _listen(site, alert, [[0.0, 10.0], [15.0, 30.0]])).status_code == 422
    assert (await _listen(site, alert, [[0.0, 30.0]], "dirk")).status_code == 204  # another's ears
    assert (await _approve(site, alert)).status_code == 422
    assert (await _listen(site, alert, [[12.0, 30.0], [0.0, 12.5]])).status_code == 204
    assert (await _approve(site, alert)).status_code == 200


async def test_a_recording_is_part_of_what_is_approved(site: Site) -> None:
    """With another recording the digest is another."""
    first = await _waiting(site)
    other = spoken(2.0)
    await _sent(site, other)
    second = await site.submitted(audio={"nl": hashlib.sha256(other).hexdigest()})
    shown = [(await site.get("anna", f"/v1/alerts/{alert['alert']}")).json for alert in (first, second)]
    assert shown[0]["digest"] != shown[1]["digest"]
    assert (await _listen(site, dict(second), [[0.0, 30.0]])).status_code == 404  # it has no such recording


async def test_the_public_hears_what_is_valid_and_nothing_before_or_after(h: TestHouse, clock: MovableClock) -> None:
    front = Front(h.store, h.house, clock)
    async with serving(h, page=front.page) as site:
        alert = await _waiting(site, channels=["sms", "display"])
        assert (await site.get(None, f"/audio/{NAME}")).status_code == 404
        await _listen(site, alert, [[0.0, 30.0]])
        assert (await _approve(site, alert)).status_code == 200
        await front.refresh()
        assert f'src="/audio/{NAME}"' in (await site.get(None, "/")).text
        async with site.session.get(f"{site.url}/audio/{NAME}") as answer:
            assert (answer.status, await answer.read()) == (200, WAV)
        clock.move(24 * 3600)
        assert (await site.get(None, f"/audio/{NAME}")).status_code == 404


async def test_a_correction_begins_without_the_old_words_read_aloud(site: Site) -> None:
    alert = await _waiting(site)
    await _listen(site, alert, [[0.0, 30.0]])
    await _approve(site, alert)
    update = await site.post("anna", f"/v1/alerts/{alert['alert']}/update")
    assert update.status_code == 201
    assert "audio" not in update.json


@pytest.mark.parametrize(
    ("played", "heard"),
    [([(0, 30)], True), ([(0.4, 29.2)], True), ([(15, 30), (0, 16)], True), ([(2, 30)], False), ([(0, 28)], False)],
)
def test_the_whole_is_what_was_played_in_whatever_order(played: list[tuple[float, float]], heard: bool) -> None:
    assert whole(played, 30.0) is heard
