"""One whole mail per language, built once, with holes for what differs per recipient.

Plain text and HTML in a multipart/alternative (RFC 2046, section 5.1.4), in lines of ASCII that any server
takes (RFC 2045, sections 6.7 and 6.8). Everything follows from the texts: built again, the same bytes.
"""

import binascii
import email.utils
import hashlib
import re
from collections.abc import Mapping
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache

from broadcaster.channel import Fitted, Texts
from broadcaster.model.rendition import Hole

_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HOLES = (Hole.RECIPIENT, Hole.MESSAGE_ID, Hole.ENVELOPE_SENDER, Hole.UNSUBSCRIBE)
_LINK = Hole.UNSUBSCRIBE.token
# The link's hole as quoted-printable text has it: anywhere in it a line may have been broken.
_WRITTEN_LINK = re.compile(rb"(?:=\r\n)?".join((b"=1A", *(bytes([c]) for c in _LINK[1:-1]), b"=1A")))
_BREAK = b"=\r\n"
_BROKEN_LINK = _BREAK + _LINK + _BREAK
_BY_TOKEN = {hole.token: hole for hole in Hole}
_HOLE = re.compile(rb"(%b|\x1a[a-z-]+\x1a)" % re.escape(_BROKEN_LINK))
_STARTS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)


def fit(texts: Texts, sender: str, sender_name: str | None) -> Fitted:
    """The mail of one language. ValueError for a text that holds a hole's mark (U+001A), but for the link to
    unsubscribe where a layout has one."""
    linked = _LINK.decode()
    if any(part is not None and "\x1a" in part.replace(linked, "") for part in (texts.text, texts.html)):
        raise ValueError("a text may not hold U+001A")
    subject = texts.subject or texts.text.partition("\n")[0]
    if "\x1a" in subject:
        raise ValueError("a subject may not hold U+001A")
    # `Auto-Submitted` keeps holiday answers away (RFC 3834, section 5).
    headers = [
        b"From: " + _mailbox(sender, sender_name),
        b"To: " + Hole.RECIPIENT.token,
        b"Subject: " + _words("Subject", _CONTROL.sub(" ", subject).strip()),
        b"Date: " + email.utils.format_datetime(texts.sent_at).encode(),
        b"Message-ID: <" + Hole.MESSAGE_ID.token + b">",
        b"Auto-Submitted: auto-generated",
        b"Content-Language: " + texts.language.encode("ascii"),
        b"List-Unsubscribe: <" + _LINK + b">",  # RFC 2369, section 3.2
    ]
    if texts.one_click:
        headers.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click")  # RFC 8058, section 3.1
    payload = b"\r\n".join(headers) + b"\r\n" + _body(texts)
    return Fitted(text=texts.text, payload=payload, holes=_HOLES)


def letter(payload: bytes, holes: Mapping[Hole, bytes]) -> bytes:
    """What follows DATA: one recipient's own mail, up to and with the final dot. Where the link stands in
    quoted-printable text it is written as such, in lines of at most 76 (RFC 2045, section 6.7)."""
    written = binascii.b2a_qp(holes[Hole.UNSUBSCRIBE]).replace(b"\n", b"\r\n").replace(b"\n.", b"\n..")
    pieces = [*_pieces(payload)]
    for i in range(1, len(pieces), 2):
        pieces[i] = _BREAK + written + _BREAK if pieces[i] == _BROKEN_LINK else holes[_BY_TOKEN[pieces[i]]]
    return b"".join(pieces)


@lru_cache(maxsize=64)
def _pieces(payload: bytes) -> tuple[bytes, ...]:
    """A payload apart, every other piece a hole; lines that begin with a dot with two (RFC 5321, section 4.5.2).

    Once per rendition: to look through all of it for each recipient costs more than all else that is done for one.
    """
    doubled = _STARTS_WITH_DOT.sub(b"..", payload)
    return tuple(_HOLE.split(doubled + (b".\r\n" if doubled.endswith(b"\r\n") else b"\r\n.\r\n")))


def _mailbox(address: str, name: str | None) -> bytes:
    if not name:
        return address.encode("ascii")
    words = _words("From", name)
    if words == name.encode():  # a phrase of plain words may hold signs that need quotes (RFC 5322, section 3.2.5)
        words = b'"' + name.replace("\\", r"\\").replace('"', r"\"").encode() + b'"'
    return words + b" <" + address.encode("ascii") + b">"


def _words(header: str, text: str) -> bytes:
    """A header's text, as encoded words where it is not plain ASCII (RFC 2047), folded."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n").encode("ascii")


def _body(texts: Texts) -> bytes:
    # With a hole in it, all of it is quoted-printable: there a hole stays a hole, and nothing else looks like one.
    linked = "\x1a" in f"{texts.text}{texts.html}"
    encoding = "quoted-printable" if linked else None
    message = EmailMessage(policy=_POLICY)
    message.set_content(texts.text, charset="utf-8", cte=encoding)
    if texts.html is not None:
        message.add_alternative(texts.html, subtype="html", charset="utf-8", cte=encoding)
        # "=_" occurs in no quoted-printable text (RFC 2045, section 6.7), nor in base64.
        content = f"{texts.text}\0{texts.html}".encode()
        message.set_boundary("=_" + hashlib.sha256(content).hexdigest()[:32])
    written = message.as_bytes()
    return _WRITTEN_LINK.sub(_BROKEN_LINK, written) if linked else written
