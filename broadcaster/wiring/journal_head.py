"""The journal's head, kept in a file beside the database: a chain alone cannot show that its end is gone."""

from collections.abc import Collection, Sequence
from pathlib import Path

import structlog
from sqlalchemy import Connection

from broadcaster.boards.heads import head_in
from broadcaster.seal import BoardSigner, SignatureError
from broadcaster.store import boards as stored
from broadcaster.store import journal
from broadcaster.store.database import Database
from broadcaster.store.journal import Head

log = structlog.get_logger()


class HeadKeeper:
    """Writes the head after each change, and knows when an earlier one is missing from the chain."""

    def __init__(self, store: Database, file: Path) -> None:
        self._store, self._file = store, file
        self._written: Head | None = None
        self.broken = False

    async def start(self) -> None:
        """Look whether the head in the file still stands in the chain."""
        try:
            self._written = journal.read_head_file(self._file)
        except ValueError:
            self.broken = True  # somebody spoilt the evidence, which is evidence too
        if self._written is not None:
            self.broken = not await self._store.read(journal.stands, self._written)

    async def tick(self) -> None:
        """Write the head when it moved on; a broken chain's file is left as evidence."""
        head, stands = await self._store.read(_look, self._written)
        self.broken = self.broken or not stands
        if not self.broken and head != self._written:
            try:
                journal.write_head_file(self._file, head)
            except OSError as error:  # a full disk: the journal goes on, and so does whoever called
                log.warning("the journal's head cannot be written", error=error.strerror)
                return
            self._written = head


def _look(conn: Connection, written: Head | None) -> tuple[Head, bool]:
    """The head, and whether the one written last still stands: while we ran, somebody may have cut off the end."""
    return journal.head(conn), written is None or journal.stands(conn, written)


def verified(
    conn: Connection, file: Path, signers: Collection[BoardSigner] = (), kept: Sequence[str] = ()
) -> Head | journal.Broken:
    """Walk the whole chain, against the head in the file and those in signed boards: the ones in the database, and
    those that somebody `kept`. Without `signers` boards are not looked at. SignatureError for one kept that is not
    ours."""
    try:
        anchor = journal.read_head_file(file)
    except ValueError:
        return journal.Broken(0, f"the head in {file.name} can no longer be read")
    hashes = {head_in(board, signers) for board in kept}
    for board in stored.signed(conn, {}) if signers else ():
        try:
            hashes.add(head_in(board.jws, signers))
        except SignatureError:
            return journal.Broken(0, f"the board of {board.point_id} in the database is not what was signed")
    return journal.verify(conn, [anchor] if anchor else [], {hash_ for hash_ in hashes if hash_ is not None})
