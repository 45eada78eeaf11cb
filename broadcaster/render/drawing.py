"""The process that draws posters and reports: one as a line on standard input, its PDF on standard output.

    python -m broadcaster.render.drawing

It has little time, little memory and no secret of the hub. Nothing else imports Typst: 80 MB that a hub can do without.
"""

import json
import os
import re
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import typst

from broadcaster import data

FONTS = [Path(package.ROOT) / "files" for package in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)]
"""Latin, Greek, Cyrillic and Arabic (SIL Open Font License 1.1). No font of the machine is used: it would change the
page."""
_SHEETS = {"poster": "poster/poster.typ", "report": "report/report.typ"}
_UNKNOWN = re.compile(r'the text `"(.+?)"` could not be displayed')
_SOMETHING = "\ufffd"
_MOST_UNKNOWN = 20
_CPU_IN = 10
"""Seconds. A poster in eight languages takes a third of one."""
_MEMORY = 512 * 2**20
"""Bytes of addresses; 256 MB is enough for Python, Typst and two fonts."""


def draw(line: str, pixels_per_inch: float | None = None) -> list[bytes]:
    """A poster as one PDF; or, with `pixels_per_inch`, its pages as PNG. TypstError for a page that cannot be made,
    also when it would not be PDF/UA-1.

    A letter that no font of ours has (an emoji) is drawn as U+FFFD, which everybody sees is one; a text in such
    letters is no poster.
    """
    for _ in range(_MOST_UNKNOWN):
        try:
            return _compiled(line, pixels_per_inch)
        except typst.TypstError as error:
            unknown = _UNKNOWN.search(str(error))
            if unknown is None:
                raise
            line = line.replace(unknown[1], _SOMETHING)
    return _compiled(line, pixels_per_inch)


def _compiled(line: str, pixels_per_inch: float | None) -> list[bytes]:
    as_pdf: dict[str, Any] = {"pdf_standards": ["ua-1"]}
    made: Any = typst.compile(
        (data.find("templates") / _SHEETS[json.loads(line).get("sheet", "poster")]).read_bytes(),
        sys_inputs={"data": line},
        font_paths=FONTS,
        ignore_system_fonts=True,
        timestamp=int(datetime.fromisoformat(json.loads(line)["made_at"]).timestamp()),
        **(as_pdf if pixels_per_inch is None else {"format": "png", "ppi": pixels_per_inch}),
    )
    return made if isinstance(made, list) else [made]


def main() -> None:
    """Draw one poster, within the limits."""
    os.nice(5)  # nobody waits as long for a poster as for a message
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_IN, _CPU_IN))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(draw(sys.stdin.read())[0])


if __name__ == "__main__":
    main()
