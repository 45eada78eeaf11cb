"""The contract of `broadcaster.channel.Channel`: what every push channel keeps, whatever its provider does."""

import asyncio
import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.channel import Accepted, Failed, FailureKind, Inbound
from broadcaster.demo.simulators.faults import Fault, Faults
from tests.contract.harness import AR, NL, Case, all_cases, listening, send
from tests.ports import free_port

CASES = all_cases()
UNCERTAIN = (Fault.HOLD, Fault.RESET, Fault.TRUNCATE, Fault.GARBAGE, Fault.ERROR_TAKEN)
# Apart from these: whoever is told to wait may stay silent for the rest of a test.
AT_ONCE = tuple(fault for fault in Fault if fault is not Fault.THROTTLE)
SIMULATORS_OWN_LOGGERS = ("mail.log", "mail.debug", "mail.error")


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request) -> Case:
    return request.param


def open_sockets() -> set[str]:
    links = (str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return {link for link in links if link.startswith("socket:")}


async def test_a_channel_gives_one_outcome_per_parcel_in_order(case):
    faults = Faults(seed=7, rate=1.0, kinds=())  # one recipient in five is refused, nothing else fails
    async with case.live(faults=faults) as (provider, account):
        parcels = case.parcels(40)
        outcomes = await send(account, parcels, case.spec().batch)
    refused = [faults.refuses(case.wire(parcel.address)) for parcel in parcels]
    assert 0 < sum(refused) < len(parcels)
    assert [isinstance(outcome, Failed) for outcome in outcomes] == refused
    assert {outcome.kind for outcome in outcomes if isinstance(outcome, Failed)} == {FailureKind.BAD_ADDRESS}
    assert provider.counts.as_json()["messages"] == refused.count(False)


@pytest.mark.parametrize("fault", UNCERTAIN, ids=str)
async def test_taken_without_a_usable_answer_is_uncertain(case, fault):
    async with case.live(script=[fault], changed=case.impatient) as (provider, account):
        [outcome] = await account.send(case.parcels())
        assert outcome.kind is FailureKind.UNCERTAIN
        assert provider.counts.as_json()["messages"] == 1


@pytest.mark.parametrize("fault", UNCERTAIN, ids=str)
async def test_an_account_works_again_after_an_uncertain_answer(case, fault):
    async with case.live(script=[fault], changed=case.impatient) as (_, account):
        await account.send(case.parcels())
        [outcome] = await account.send(case.parcels())
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("seed", range(4))
async def test_what_the_provider_took_is_never_a_certain_failure(case, seed):
    async with case.live(faults=Faults(seed, 0.5, AT_ONCE), changed=case.impatient) as (provider, account):
        parcels = case.parcels(24)
        outcomes = [(await account.send([parcel]))[0] for parcel in parcels]
        copies = [provider.counts.copies[case.counted(parcel)] for parcel in parcels]
    for outcome, taken in zip(outcomes, copies, strict=True):
        kind = outcome.kind if isinstance(outcome, Failed) else None
        assert taken in {None: (1,), FailureKind.UNCERTAIN: (0, 1)}.get(kind, (0,))
    assert len({type(outcome) for outcome in outcomes}) == 2


async def test_a_provider_that_asks_us_to_slow_down_throttles(case):
    async with case.live(script=[Fault.THROTTLE]) as (provider, account):
        [outcome] = await account.send(case.parcels())
        assert outcome.kind is FailureKind.THROTTLED
        assert provider.counts.as_json()["messages"] == 0


async def test_a_provider_that_is_gone_is_unreachable(case):
    account = case.account(free_port())
    outcomes = await account.send(case.parcels(case.spec().batch))
    probed = await account.probe()
    await account.aclose()
    assert {outcome.kind for outcome in outcomes} == {FailureKind.UNREACHABLE}
    assert probed.kind is FailureKind.UNREACHABLE


async def test_a_provider_that_left_since_the_last_message_is_unreachable_or_uncertain_and_then_unreachable(case):
    async with case.simulator() as provider:
        account = case.account(provider.port)
        await account.send(case.parcels())
    [first] = await account.send(case.parcels())
    [second] = await account.send(case.parcels())
    await account.aclose()
    assert first.kind in (FailureKind.UNREACHABLE, FailureKind.UNCERTAIN)
    assert second.kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\xff\x00", b"220", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH_9.2\r\n", b"x" * 100_000]
)
async def test_a_server_of_another_kind_is_never_an_exception_nor_an_acceptance(case, answer):
    async def talk(reader, writer):
        writer.write(answer)
        await reader.read(1)

    async with listening(talk) as port:
        account = case.account(port, **case.impatient)
        [outcome] = await account.send(case.parcels())
        probed = await account.probe()
        await account.aclose()
    assert outcome.kind in (FailureKind.UNREACHABLE, FailureKind.UNCERTAIN)
    assert probed.kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(
    "bad", ["", "x", "\r\nRCPT TO:<mallory@evil.example>", 'a"b@c.nl', "a b@c.nl", "é@c.nl", "+31<>"]
)
async def test_a_poisonous_address_costs_that_recipient_alone(case, bad):
    good, poisoned = case.parcels(2)
    poisoned = type(poisoned)(poisoned.reference, bad, poisoned.rendition, poisoned.expires_at)
    async with case.live() as (provider, account):
        outcomes = await send(account, [poisoned, good], case.spec().batch)
        assert [type(outcome) for outcome in outcomes] == [Failed, Accepted]
        assert outcomes[0].kind is FailureKind.BAD_ADDRESS
        assert list(provider.counts.copies) == [case.counted(good)]


async def test_no_detail_record_or_repr_holds_an_address_or_a_secret(case, caplog):
    caplog.set_level(logging.DEBUG)
    parcel = case.parcels()[0]
    said = [repr(parcel)]
    for scripted in (case.echo(parcel.address), *Fault):
        async with case.live(script=[scripted], changed=case.impatient) as (_, account):
            outcomes = await account.send([parcel])
            assert isinstance(outcomes[0], Failed)
            said += [repr(outcomes), repr(account), repr(await account.probe())]
    said += [record.getMessage() for record in caplog.records if record.name not in SIMULATORS_OWN_LOGGERS]
    assert {hidden for hidden in case.hidden(parcel.address) for text in said if hidden in text} == set()


async def test_a_probe_that_works_says_so_and_sends_nothing(case):
    async with case.live() as (provider, account):
        assert await account.probe() is None
        assert provider.counts.as_json()["messages"] == 0
        assert provider.counts.connections >= 1


async def test_a_probe_reports_a_secret_that_the_provider_refuses(case):
    wrong = Case(**(vars(case) | {"secrets": dict.fromkeys(case.secrets, "not-the-right-one")}))
    options = {"token": case.secrets["token"]} if "token" in case.secrets else {}
    async with wrong.live(**options) as (_, account):
        assert (await account.probe()).kind is FailureKind.BAD_CONFIG
        [outcome] = await account.send(case.parcels())
    assert outcome.kind is FailureKind.BAD_CONFIG


async def test_a_second_copy_of_a_delivery_shows_at_the_provider(case):
    parcels = case.parcels(3)
    async with case.live() as (provider, account):
        await send(account, parcels, case.spec().batch)
        await send(account, parcels[:1], case.spec().batch)
        counts = provider.counts.as_json()
        assert set(provider.counts.copies) == {case.counted(parcel) for parcel in parcels}
    assert (counts["messages"], counts["unique"], counts["duplicates"], counts["copies_max"]) == (4, 3, 1, 2)


async def test_many_sends_at_once_stay_within_the_connections_of_the_spec(case):
    parcels = case.parcels(60)
    async with case.live() as (provider, account):
        answered = await asyncio.gather(*(account.send([parcel]) for parcel in parcels))
        assert all(isinstance(outcome, Accepted) for [outcome] in answered)
        assert provider.counts.connections <= case.spec().concurrency


async def test_a_send_that_is_cancelled_costs_no_place(case):
    async with case.live(script=[Fault.HOLD] * 40) as (provider, account):
        for parcel in case.parcels(case.spec().concurrency + 1):
            held = asyncio.ensure_future(account.send([parcel]))
            while provider.counts.copies[case.counted(parcel)] == 0:  # noqa: ASYNC110 - the provider's count is the only sign
                await asyncio.sleep(0)
            held.cancel()
            with pytest.raises(asyncio.CancelledError):
                await held
        provider.script.clear()
        [outcome] = await account.send(case.parcels())
    assert isinstance(outcome, Accepted)


async def test_closing_leaves_no_socket_and_a_closed_account_sends_nothing(case):
    async with case.simulator() as provider:
        before = open_sockets()
        account = case.account(provider.port)
        await asyncio.gather(*(account.send([parcel]) for parcel in case.parcels(4)))
        await account.probe()
        assert open_sockets() > before
        await account.aclose()
        taken = provider.counts.as_json()["messages"]
        [outcome] = await account.send(case.parcels())
        assert outcome.kind is FailureKind.UNREACHABLE
        assert provider.counts.as_json()["messages"] == taken
    await asyncio.sleep(0)
    assert open_sockets() <= before


async def test_an_account_opens_nothing_before_it_is_used(case):
    async with case.live() as (provider, _):
        await asyncio.sleep(0)
        assert provider.counts.connections == 0


@pytest.mark.parametrize("texts", [NL, AR], ids=lambda texts: texts.language)
def test_fitting_again_gives_the_same_bytes(case, texts):
    assert case.spec().fit(texts) == case.spec().fit(texts)


def test_a_spec_needs_no_secret_and_knows_its_limits(case):
    spec = case.spec()
    assert spec.batch >= 1
    assert spec.concurrency >= 1
    assert spec.per_second > 0
    assert set(spec.required_secrets) <= set(case.secrets)


def test_a_spec_takes_the_addresses_of_its_kind_and_gives_a_reason_for_others(case):
    check = case.spec().check_address
    assert check(case.address(1)) is None
    assert check("geen adres")
    assert check("")


def test_an_unknown_setting_is_refused_by_name(case):
    with pytest.raises(ValueError, match="colour"):
        case.module.Settings(**case.settings(1), colour="red")


@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: repr(v).encode()),
    )
)
@settings(max_examples=200, deadline=None)
async def test_facts_from_anything_are_facts_or_a_value_error(body):
    for case in CASES:  # what is drawn costs far more than reading it: each draw is for all of them
        account = case.account(1)
        try:
            facts = account.facts(Inbound(body, {}, {}))
        except ValueError:
            facts = []
        assert facts == [], case.name
