"""A real Postfix of our own: its folder, its queue and its ports are not those of the machine's."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broadcaster import data
from tests.ports import free_port

POSTFIX = "/usr/sbin/postfix"
MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
myhostname = mail.voorbeeldstad.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_tls_security_level = none
recipient_delimiter = +
virtual_mailbox_domains = wijk.example
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {{ bob@wijk.example=bob/ }} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
relay_domains = voorbeeldstad.example, weg.example
transport_maps = regexp:{root}/bounces.regexp, inline:{{ {{ weg.example=nobody: }} }}
bounces_destination_recipient_limit = 1
"""
# As docs/administrator.md has them.
BOUNCES = r"/^crisis\+[0-9a-z]{{35,40}}@voorbeeldstad\.example$/  bounces:" + "\n"
PIPE = """\
bounces   unix  -       n       n       -       4       pipe
  flags=DRX user=nobody argv={root}/omroeper-bounce {root}/bounces.curl
# Takes everything, and then knows nobody (EX_NOUSER).
nobody    unix  -       n       n       -       -       pipe
  user=nobody argv=/bin/sh -c {{exit 67}}
"""


def why_not() -> str | None:
    """Why it cannot be run here; None when it can."""
    if not Path(POSTFIX).exists():
        return f"there is no {POSTFIX}: install Debian's postfix"
    if shutil.which("curl") is None:
        return "there is no curl, with which bounces are passed on: install Debian's curl"
    return "only root can start Postfix" if os.geteuid() else None


@dataclass(frozen=True, slots=True)
class Postfix:
    """One that runs. Delivers for bob@wijk.example, takes mail for weg.example and sends it back."""

    port: int
    root: Path

    def letters(self, name: str) -> list[bytes]:
        """What lies in a mailbox."""
        return [file.read_bytes() for file in sorted((self.root / "mail" / name / "new").glob("*"))]

    def hand_bounces_to(self, url: str) -> None:
        """Where the pipe takes what comes back."""
        file = self.root / "bounces.curl"
        file.write_text(f'url = "{url}"\n')
        shutil.chown(file, "nobody")
        file.chmod(0o400)

    @property
    def log(self) -> str:
        """What it wrote."""
        return (self.root / "mail.log").read_text(errors="replace")


@contextmanager
def running() -> Iterator[Postfix]:
    """Start it, and stop it with all that it started."""
    with tempfile.TemporaryDirectory(prefix="omroeper-postfix-") as folder:
        root, port = Path(folder), free_port()
        root.chmod(0o755)  # its processes give up root
        _furnish(root, port)
        _postfix(root, "start")
        try:
            yield Postfix(port, root)
        finally:
            _postfix(root, "stop")


def _furnish(root: Path, port: int) -> None:
    etc = root / "etc"
    for name in ("etc", "queue", "mail", "data"):
        (root / name).mkdir()
    shutil.chown(root / "mail", "nobody")
    shutil.chown(root / "data", "postfix")
    (etc / "main.cf").write_text(MAIN.format(root=root))
    master = Path("/usr/share/postfix/master.cf.dist").read_text()
    assert "\nsmtp      inet" in master
    (etc / "master.cf").write_text(master.replace("\nsmtp      inet", f"\n{port}      inet") + PIPE.format(root=root))
    (root / "bounces.regexp").write_text(BOUNCES.format())
    shutil.copy(data.find("config") / "postfix" / "omroeper-bounce", root)


def _postfix(root: Path, what: str) -> None:
    done = subprocess.run(
        [POSTFIX, "-c", str(root / "etc"), what], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, (what, done.stderr, (root / "mail.log").read_text() if what == "stop" else "")
