"""https on a network without an internet: who trusts the relay's authority comes in, at any date, and nowhere else."""

import ssl
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from broadcaster.relay.app import make_app
from broadcaster.relay.certifying import AUTHORITY, CERTIFICATE, KEY, make
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.lines import Lines
from broadcaster.relay.running import CannotRun, tls


@pytest.fixture
async def relay(tmp_path, box):
    make(tmp_path / "own", "Kast", ["127.0.0.1", "relais.local"])
    runner = web.AppRunner(make_app(box.parts()))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls(tmp_path / "own"))
    await site.start()
    yield runner.addresses[0][1], tmp_path / "own"
    await runner.cleanup()


async def ask(url, authority):
    trusting = ssl.create_default_context(cafile=str(authority))
    async with aiohttp.ClientSession() as session, session.get(url, ssl=trusting) as response:
        return await response.text()


async def test_who_trusts_the_authority_comes_in_by_the_names_it_was_made_for(relay, tmp_path):
    port, own = relay
    assert await ask(f"https://127.0.0.1:{port}/health/live", own / AUTHORITY) == "ok"
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await ask(f"https://localhost:{port}/health/live", own / AUTHORITY)
    make(tmp_path / "other", "Andere kast", ["127.0.0.1"])
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await ask(f"https://127.0.0.1:{port}/health/live", tmp_path / "other" / AUTHORITY)


def test_an_authority_vouches_for_its_names_alone_at_any_date_and_its_key_is_gone(tmp_path):
    make(tmp_path, "Kast", ["relais.local"])
    root, own = (x509.load_pem_x509_certificate((tmp_path / name).read_bytes()) for name in (AUTHORITY, CERTIFICATE))
    bounds = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert bounds.critical
    assert [name.value for name in bounds.value.permitted_subtrees] == ["relais.local"]
    assert [str(name.value) for name in bounds.value.excluded_subtrees] == ["0.0.0.0/0", "::/0"]
    for one in (root, own):
        assert one.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
        assert one.not_valid_after_utc > datetime(2038, 1, 20, tzinfo=UTC)
        assert isinstance(one.public_key(), ec.EllipticCurvePublicKey)
    assert {path.name for path in tmp_path.iterdir()} == {AUTHORITY, CERTIFICATE, KEY}
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0
    own.verify_directly_issued_by(root)
    private = tls(tmp_path)  # the key that is left is the certificate's, and no authority's
    assert private is not None


def test_what_is_no_name_is_refused_and_nothing_is_made(tmp_path):
    for wrong in ([], [""], ["relais local"], ["*.local"], ["relais.local", "-/-"], ["x" * 300]):
        with pytest.raises(ValueError, match="name"):
            make(tmp_path / "own", "Kast", wrong)
    assert not (tmp_path / "own").exists()
    with pytest.raises(CannotRun, match="omroeper relay ca"):
        tls(tmp_path)


async def test_without_a_proven_time_a_source_is_judged_by_chain_and_name_and_not_by_date(box, tmp_path):
    """A box at 2038, or one that reads a certificate of yesterday at 1970, must still reach its hub; but no other."""
    make(tmp_path / "own", "Bron", ["127.0.0.1"], until=datetime(2020, 1, 1, tzinfo=UTC))
    make(tmp_path / "other", "Ander", ["127.0.0.1"])
    runner = web.AppRunner(make_app(box.parts()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls(tmp_path / "own")).start()
    port = runner.addresses[0][1]

    async def answers(host, trust, known):
        clock = RelayClock(battery=known, in_step=lambda: False)
        async with Lines((), box.parts().device, clock, tmp_path / trust / AUTHORITY) as lines:
            lines.look()
            return await lines.ask(f"https://{host}:{port}", "/health/live") is not None

    assert await answers("127.0.0.1", "own", known=False)
    assert not await answers("127.0.0.1", "own", known=True)  # it ended in 2020
    assert not await answers("127.0.0.1", "other", known=False)
    assert not await answers("localhost", "own", known=False)
    await runner.cleanup()


def test_when_the_time_is_proven_dates_count_again(box):
    clock = RelayClock(in_step=lambda: False)
    lines = Lines((), box.parts().device, clock)
    usual = lines._tls.verify_flags
    lines.look()
    assert lines._tls.verify_flags != usual
    clock.told(datetime.now(UTC))
    lines.look()
    assert lines._tls.verify_flags == usual
