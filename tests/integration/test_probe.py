"""`omroeper probe` against real servers on loopback: it says what works, and sends nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broadcaster import cli
from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.demo.simulators.smtp import MailServer
from broadcaster.seal import create_keys
from tests import lives

SECRET = "token"  # as lives.house_in writes it


@pytest.fixture
async def gateway() -> AsyncIterator[CmGateway]:
    async with CmGateway(token=SECRET) as opened:
        yield opened


async def probe(folder: Path, gateway: CmGateway, *arguments: str) -> int:
    async with MailServer() as mail:
        configuration = lives.CONFIGURATION.replace('127.0.0.1:1"', f'127.0.0.1:{gateway.port}"', 1)
        lives.house_in(folder, configuration.replace("port = 1", f"port = {mail.port}"))
        if not (folder / "keys").exists():
            create_keys(folder / "keys")
        return await asyncio.to_thread(cli.run, ["probe", *arguments, "--config", str(folder / "omroeper.toml")])


async def test_it_says_of_each_account_whether_it_works_and_fails_when_one_does_not(
    tmp_path: Path, gateway: CmGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await probe(tmp_path, gateway) == 1
    first, second, mail = capsys.readouterr().out.splitlines()
    assert first.startswith("sms.primary: works, ")
    assert second.startswith("sms.secondary: unreachable, ")
    assert mail.startswith("email.main: works, ")
    assert gateway.counts.as_json()["messages"] == 0


async def test_one_account_can_be_asked_for(
    tmp_path: Path, gateway: CmGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await probe(tmp_path, gateway, "sms.primary") == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert await probe(tmp_path, gateway, "sms.secondary") == 1


async def test_it_answers_in_json_with_the_kind_of_failure(
    tmp_path: Path, gateway: CmGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.knows = lambda token: False  # type: ignore[method-assign]
    assert await probe(tmp_path, gateway, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert [(row["account"], row["ok"], row["failure"]) for row in found["accounts"]] == [
        ("sms.primary", False, "bad-config"),
        ("sms.secondary", False, "unreachable"),
        ("email.main", True, None),
    ]


async def test_an_account_that_is_not_there_is_wrong_use(
    tmp_path: Path, gateway: CmGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await probe(tmp_path, gateway, "sms.tertiary") == 2
    assert "'sms.tertiary' is no account that is on: there are sms.primary" in capsys.readouterr().err


async def test_without_any_account_nothing_is_proven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lives.house_in(tmp_path, lives.CONFIGURATION.partition("[channel")[0])
    assert await asyncio.to_thread(cli.run, ["probe", "--config", str(tmp_path / "omroeper.toml")]) == 1
    assert "No account is on" in capsys.readouterr().err
