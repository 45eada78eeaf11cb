"""What a mail that came back says: delivery status notifications, and nothing else.

RFC 3464 (the report), RFC 6522 (multipart/report), RFC 6533 (its form for addresses beyond ASCII). Postfix, Exim,
Exchange and Gmail write it, each a little in its own way, so only what is needed is read: whom it was sent to,
and of each recipient what was done (`Action`) and why (`Status`). A holiday answer, a read receipt and a mail
in a person's own words are no reports.
"""

import base64
import binascii
import email
import quopri
import re
from collections.abc import Callable, Iterator
from email.message import Message
from itertools import islice

from broadcaster.channel import Receipt

MOST_BYTES = 64 * 1024
"""What is read of a mail; the report comes first, and what it returns of ours after it."""
_MOST_RECIPIENTS = 100
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
# Who it was delivered to, as the last server wrote it, before the header that its writer filled in.
_ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "to")
_MAILBOX = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,255}")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]*)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
# delivered, final (RFC 3464, section 2.3.3). "relayed" and "expanded" hand it on to where no report will come from,
# or several may: the mail is under way, and that was known.
_ACTIONS = {
    "failed": (False, True),
    "delayed": (False, False),
    "delivered": (True, True),
    "relayed": (False, False),
    "expanded": (False, False),
}
_BY_CLASS = {"5": "failed", "4": "delayed", "2": "relayed"}  # where a server leaves out the action


def read(raw: bytes, reference_of: Callable[[str], str | None]) -> list[Receipt]:
    """What a report says of the delivery it was sent back for. `reference_of`: the delivery that an address was made
    for. ValueError when it is no report, or came to an address of no delivery.
    """
    try:
        report = email.message_from_bytes(raw[:MOST_BYTES])
        text = _report_text(report)
        addresses = [found for name in _ADDRESSED for value in report.get_all(name, []) for found in _mailboxes(value)]
    except Exception as error:  # whatever a broken mail does to the library, it is no report
        raise ValueError("not a delivery report") from error
    reference = next((known for address in addresses if (known := reference_of(address))), None)
    if reference is None:
        raise ValueError("a delivery report, and not for mail of ours")
    receipts = list(dict.fromkeys(islice(_receipts(text, reference), _MOST_RECIPIENTS)))
    if not receipts:
        raise ValueError("a delivery report about nobody")
    return receipts


def _mailboxes(value: object) -> list[str]:
    return _MAILBOX.findall(str(value)[:2000])


def _report_text(report: Message) -> str:
    """The fields of a multipart/report, with line ends of one kind."""
    if report.get_content_type() != "multipart/report":
        raise ValueError("another kind of mail")
    parts = report.get_payload()
    if isinstance(parts, list):
        for part in parts:
            if isinstance(part, Message) and part.get_content_type() in _REPORTS:
                return _decoded(part).decode("utf-8", "replace").replace("\r\n", "\n")
    raise ValueError("another kind of report")


def _decoded(part: Message) -> bytes:
    """The part as it was written. The library reads a `message/` part into messages, also where it is encoded (which
    RFC 3464 forbids, and some do), so it is taken from its own bytes."""
    body = part.as_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "base64":
        try:
            return base64.b64decode(body)
        except binascii.Error:
            return b""
    return quopri.decodestring(body) if encoding == "quoted-printable" else body


def _receipts(text: str, reference: str) -> Iterator[Receipt]:
    for block in re.split(r"\n(?:[ \t]*\n)+", text):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(re.sub(r"\n[ \t]+", " ", block)):
            fields.setdefault(name.lower(), value)
        status = _STATUS.search(fields.get("status", ""))
        code = status[0] if status else None
        action = fields.get("action", "").lower().partition(" ")[0] or (_BY_CLASS[code[0]] if code else "")
        if action in _ACTIONS:
            delivered, final = _ACTIONS[action]
            yield Receipt(reference, delivered=delivered, final=final, provider_code=code)
