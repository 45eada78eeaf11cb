"""The other end of the process that forks, and furnished databases to live and die on."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.databases import Databases, Store


class Nursery:
    """The other end of `python -m tests.crash.nursery`."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.crash.nursery", str(folder)]
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, process_group=0
        )
        self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise RuntimeError(f"the process that forks has ended:\n{self._log.read()[-3000:]}")
        return line

    def __call__(self, do: str, **asked: Any) -> Any:
        """One ask, and its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **asked}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._read())
        if isinstance(answer, dict) and "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer

    def close(self) -> None:
        """End it, and with it its gateways."""
        self._process.communicate()
        self._log.close()


@dataclass(frozen=True)
class Kind:
    """recipients: in the database. severities: of the alerts in it, which are submitted."""

    recipients: int
    severities: tuple[str, ...]


@dataclass(frozen=True)
class Home:
    """Where lives live: a database, and what the officers know of it. On PostgreSQL, where a copy costs more than
    a life, many lives share one, each with alerts of its own."""

    url: str
    told: tuple[dict[str, Any], ...]


class Furnished:
    """Databases with the same in them, made once for each engine and kind."""

    def __init__(self, nursery: Nursery, databases: Databases, folder: Path) -> None:
        self._nursery, self._databases, self._folder = nursery, databases, folder
        self._templates: dict[tuple[str, Kind], tuple[Store, tuple[dict[str, Any], ...]]] = {}

    def _template(self, engine: str, kind: Kind) -> tuple[Store, tuple[dict[str, Any], ...]]:
        """One that stays as it is."""
        if (engine, kind) not in self._templates:
            folder = self._folder / str(len(self._templates))
            folder.mkdir()
            made = self._databases.create_sqlite(folder) if engine == "sqlite" else self._databases.create_postgresql()
            record = self._nursery("furnish", url=made.url, recipients=kind.recipients, severities=kind.severities)
            assert all(event["told"] != "error" for event in record["told"]), record["told"][-1]["error"]
            submitted = sum(event["told"] == "submitted" for event in record["told"])
            assert submitted == len(kind.severities), "this machine is too busy to furnish a database in time"
            self._templates[engine, kind] = made, tuple(record["told"])
        return self._templates[engine, kind]

    def copy(self, engine: str, kind: Kind, folder: Path) -> tuple[Store, Home]:
        """One to live and die on."""
        template, told = self._template(engine, kind)
        if engine == "sqlite":
            copied = folder / f"{len(list(folder.iterdir()))}.db"
            shutil.copyfile(template.url.removeprefix("sqlite:///"), copied)
            store = Store(engine, f"sqlite:///{copied}", f"sqlite:///{copied}")
        else:
            store = self._databases.copy_postgresql(template)
        return store, Home(store.url, told)
