"""The HTTP account that the channels share: what is written, whose answer is read, and which errors mean what."""

import asyncio

import pytest

from broadcaster.channel import Failed, FailureKind
from broadcaster.clock import SystemClock
from channels import _http
from tests.contract.harness import listening

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def account_at(port, timeout_in=20.0, concurrency=1):
    """An account whose secret would show in any error that named what it asked."""
    return _http.HttpAccount(
        f"http://127.0.0.1:{port}/a-secret-path", {"Authorization": "Bearer x", "Content-Type": "application/json"},
        concurrency=concurrency, timeout_in=timeout_in, clock=SystemClock(),
    )  # fmt: skip


async def asked(*answers, bodies=(b'{"to":1}',), timeout_in=20.0):
    """What came of POSTs one after the other, what the server read, and how many connections it took. The answers are
    what it writes after each request, whatever the connection, which it never closes."""
    left, read, connections = iter(answers), [], []

    async def talk(reader, writer):
        connections.append(writer)
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            read.append(head + await reader.readexactly(length))
            writer.write(next(left))
            await writer.drain()

    async with listening(talk) as port:
        account = account_at(port, timeout_in)
        came = [await account.post("/v1/messages?x=1", body) for body in bodies]
        await account.aclose()
    return came, read, len(connections)


async def test_a_request_is_one_head_and_exactly_its_body():
    [answer], [request], _ = await asked(TAKEN, bodies=['{"body":"Zet de radio aan. Œ"}'.encode()])
    head, _, body = request.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert first == "POST /a-secret-path/v1/messages?x=1 HTTP/1.1"
    named = dict(field.split(": ", 1) for field in fields)
    assert len(named) == len(fields), "a field twice"
    assert named.pop("Host").startswith("127.0.0.1:")
    assert named == {
        "User-Agent": "omroeper", "Accept": "*/*", "Accept-Encoding": "identity", "Authorization": "Bearer x",
        "Content-Type": "application/json", "Content-Length": str(len(body)),
    }  # fmt: skip
    assert body.decode() == '{"body":"Zet de radio aan. Œ"}'
    assert answer == _http.Answer(200, b"{}")


async def test_one_connection_serves_one_request_after_the_other():
    came, read, connections = await asked(TAKEN, TAKEN, TAKEN, bodies=[b"1", b"22", b"333"])
    assert [answer.status_code for answer in came] == [200] * 3
    assert [request.partition(b"\r\n\r\n")[2] for request in read] == [b"1", b"22", b"333"]
    assert connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + TAKEN,
        b"HTTP/1.1 200\r\ncontent-LENGTH:2\r\n\r\n{}",
    ],
    ids=["in chunks", "after interim answers", "without a blank or a reason"],
)
async def test_an_answer_is_read_in_every_form_that_http_gives_it(answer):
    [came], _, _ = await asked(answer)
    assert came == _http.Answer(200, b"{}")


async def test_an_answer_without_a_length_ends_with_its_connection():
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n{}")

    async with listening(talk) as port:
        account = account_at(port)
        assert await account.post("/", b"") == _http.Answer(200, b"{}")
        await account.aclose()


async def test_a_connection_that_ends_with_its_answer_is_not_used_again():
    closing = TAKEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    came, _, connections = await asked(closing, closing, bodies=[b"1", b"2"])
    assert [answer.status_code for answer in came] == [200, 200]
    assert connections == 2


async def test_what_nobody_asked_for_is_not_the_answer_to_the_next_request():
    """Two answers to one request: the second is no word on the next."""
    came, _, connections = await asked(TAKEN + TAKEN, TAKEN.replace(b"200", b"503"), bodies=[b"1", b"2"])
    assert [answer.status_code for answer in came] == [200, 503]
    assert connections == 2


async def test_a_large_body_that_comes_in_pieces_is_read_whole_and_one_that_is_too_large_not_at_all():
    whole, too_large = b" " * (1 << 19), b" " * (4 << 20)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    answers = [head % len(body) + body for body in (whole, too_large)]
    came, _, connections = await asked(*answers, TAKEN, bodies=[b"1", b"2", b"3"])
    assert [answer.body for answer in came] == [whole, b"", b"{}"]
    assert connections == 2, "what was left of it is not read as the next answer"


async def test_a_trickling_answer_ends_at_the_deadline_for_the_whole_of_it():
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")  # no length: whatever came till the end would be a whole body
        while True:
            writer.write(b"{}")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with listening(talk) as port:
        account = account_at(port, timeout_in=0.3)
        failed = await account.post("/", b"")
        assert isinstance(failed, Failed)
        assert (failed.kind, "TimeoutError" in failed.detail) == (FailureKind.UNCERTAIN, True)
        await account.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}",
    ],
    ids=["none", "half", "of another protocol", "of two lengths"],
)
async def test_from_the_first_byte_on_no_usable_answer_is_doubt(answer):
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with listening(talk) as port:
        account = account_at(port)
        failed = await account.post("/", b"")
        await account.aclose()
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.UNCERTAIN
    assert "secret" not in failed.detail


async def test_before_the_first_byte_it_is_unreachable_whatever_went_wrong():
    async with listening(lambda *_: asyncio.sleep(0)) as port:
        pass  # nobody listens there any more
    for base_url in (f"http://127.0.0.1:{port}/a-secret-path", "http://no-such-host.invalid", "http://:80"):
        account = _http.HttpAccount(base_url, {}, concurrency=1, timeout_in=4.0, clock=SystemClock())
        failed = await account.post("/", b"1")
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.UNREACHABLE
        assert "secret" not in failed.detail
        await account.aclose()


async def test_a_get_has_no_body_and_is_asked_once():
    read = []

    async def talk(reader, writer):
        read.append(await reader.readuntil(b"\r\n\r\n"))

    async with listening(talk) as port:
        account = account_at(port)
        failed = await account.get("/v1/balance")
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.UNCERTAIN
        await account.aclose()
    [request] = read
    assert request.startswith(b"GET /a-secret-path/v1/balance HTTP/1.1\r\n")
    assert b"content-length" not in request.lower()
