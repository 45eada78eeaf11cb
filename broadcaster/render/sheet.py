"""Lines of CSV (RFC 4180) that a spreadsheet shows and never runs.

A cell that begins with =, +, -, @, a tab or a line end is a formula to Excel and LibreOffice, whoever typed it;
behind an apostrophe it is text (OWASP, "CSV Injection"). Every cell is quoted, so that a comma in it begins no new one.
"""

from collections.abc import Iterable

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide forms as well: some spreadsheets read them alike."""


def cell(value: object) -> str:
    """One cell, quoted; None is empty."""
    text = "" if value is None else str(value)
    safe = f"'{text}" if text.lstrip(" \u00a0").startswith(_BEGINS) or text.startswith(_BEGINS) else text
    return '"' + safe.replace('"', '""') + '"'


def line(values: Iterable[object]) -> str:
    """One line with its end."""
    return ",".join(map(cell, values)) + "\r\n"
