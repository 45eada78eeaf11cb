"""Every call in docs/integrator.md works as it stands there."""

import re
import shlex
from pathlib import Path

from broadcaster.render.cap import writing
from tests.bulletins import bulletin
from tests.integration.web.site import Reply, Site

PAGE = Path(__file__).parents[3] / "docs" / "integrator.md"


def _calls() -> list[list[str]]:
    """The words of every curl on the page, line ends joined."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines]


async def _made(site: Site, words: list[str], known: dict[str, str]) -> Reply:
    """The call that curl would make, with the variables filled in."""
    program, *rest = [re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], word) for word in words]
    assert program == "curl"
    method, body, url, headers = "GET", None, "", {}
    while rest:
        match rest.pop(0):
            case "-X":
                method = rest.pop(0)
            case "-H":
                name, _, value = rest.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = rest.pop(0).encode()
            case "--data-binary":
                assert rest.pop(0) == "@alert.xml"
                body = writing.as_bytes(writing.document(bulletin(), approved=True))
            case "-N":
                pass
            case url:
                assert url.startswith(site.url)
    async with site.session.request(method, url, data=body, headers=headers) as response:
        streamed = response.content_type == "text/event-stream"
        text = (await response.content.readuntil(b"\n\n")).decode() if streamed else await response.text()
        return Reply(response.status, response.headers, text, method, url.removeprefix(site.url))


async def test_every_call_on_the_page_works_as_it_says(site: Site) -> None:
    known = {"HUB": site.url, "TOKEN": site.house.tokens["machine"], "PERSON": site.house.tokens["anna"], "DRAFT": ""}
    alert = await site.submitted()
    await site.approve("bert", alert)
    known["ALERT"] = alert["alert"]
    replies = []
    for words in _calls():
        reply = await _made(site, words, known)
        replies.append(reply)
        if reply.status_code == 201:
            known["DRAFT"] = reply.json["id"]
    assert [reply.status_code for reply in replies] == [201, 200, 200, 200, 201, 400, *[200] * 4, 201, *[200] * 6]
    first, patched, _, _, again, refused, *_, ready, resumed = replies
    assert (patched.headers["ETag"], again.headers["Idempotency-Replayed"], again.text) == ('"2"', "true", first.text)
    assert refused.rules == [("status", "missing"), ("severty", "extra-forbidden")]
    assert ("event: ready" in ready.text, resumed.text.startswith("id: 2\n")) == (True, True)
