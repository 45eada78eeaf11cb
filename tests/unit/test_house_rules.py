"""The frame that the other tests stand in."""

import asyncio
import socket

import pytest


def test_a_unit_test_cannot_connect(closed_sockets: list[tuple[object, ...]]) -> None:
    with socket.socket() as sock, pytest.raises(AssertionError, match="may not connect"):
        sock.connect(("127.0.0.1", 9))
    assert closed_sockets == [("127.0.0.1", 9)]
    closed_sockets.clear()  # else this test fails, as one that swallows the refusal does


async def test_neither_can_one_through_the_event_loop(closed_sockets: list[tuple[object, ...]]) -> None:
    with pytest.raises(AssertionError, match="may not connect"):
        await asyncio.open_connection("127.0.0.1", 9)
    closed_sockets.clear()
