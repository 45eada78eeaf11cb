"""Boards that two hubs may sign: a number is signed once, and with what it was allocated for."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from joserfc import jws
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from broadcaster.boards.publisher import sign_changed
from broadcaster.model.board import Mode
from broadcaster.seal import BoardSigner, create_keys, load_signer
from broadcaster.store import boards
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

POINT = "wijkhuis-noord"


class Signers(Mapping[Mode, BoardSigner]):
    """The keys of both modes; `meanwhile` happens when they are first looked through."""

    def __init__(self, folder: Path, meanwhile: Callable[[], None]) -> None:
        self._of, self._meanwhile = {mode: load_signer(folder, mode.value) for mode in Mode}, meanwhile
        self._met = False

    def __getitem__(self, mode: Mode) -> BoardSigner:
        return self._of[mode]

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[Mode]:
        yield from self._of
        if not self._met:
            self._met = True
            self._meanwhile()


def _notices(signed: boards.SignedBoard) -> int:
    return len(jws.extract_compact(signed.jws.encode()).payload.split(b'"alert":')) - 1


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_release_in_the_middle_of_signing_is_on_the_board_of_its_own_number(
    engine: Engine, house: House, tmp_path: Path
) -> None:
    create_keys(tmp_path / "keys", NOON)
    with engine.begin() as conn:
        boards.ensure(conn, [POINT])
        lives.approved(conn, house, areas=["noord"])
    releasing = threading.Thread(target=_release, args=(engine, house))

    def meanwhile() -> None:
        releasing.start()
        releasing.join(1.0)  # it waits for us, or it is done

    signers = Signers(tmp_path / "keys", meanwhile)
    with engine.begin() as conn:
        sign_changed(conn, house, signers, NOON)
    releasing.join()
    with engine.begin() as conn:
        sign_changed(conn, house, signers, NOON)
    with engine.begin() as conn:
        found = {item.mode: item for item in boards.signed(conn) if item.point_id == POINT}
    assert found[Mode.LIVE].seq == 3
    assert _notices(found[Mode.LIVE]) == 2


def _release(engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        lives.approved(conn, house, areas=["noord"])


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_two_that_sign_at_once_sign_a_number_once(engine: Engine, house: House, tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", NOON)
    with engine.begin() as conn:
        boards.ensure(conn, [POINT])
    made: list[boards.SignedBoard] = []

    def sign() -> None:
        with suppress(OperationalError), engine.begin() as conn:
            made.extend(sign_changed(conn, house, Signers(tmp_path / "keys", lambda: None), NOON))

    other = threading.Thread(target=sign)

    def meanwhile() -> None:
        other.start()
        other.join(0.5)

    with engine.begin() as conn:
        made.extend(sign_changed(conn, house, Signers(tmp_path / "keys", meanwhile), NOON))
    other.join()
    numbers = [(item.point_id, item.mode, item.seq) for item in made]
    assert len(numbers) == len(set(numbers)) == len(Mode)
