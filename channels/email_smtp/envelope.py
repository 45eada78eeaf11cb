"""Where bounces go: an envelope sender of its own for every delivery (VERP), which says by itself what came back.

`crisis+REFERENCECODE@stad.example`: our mailbox, a plus (RFC 5233, subaddressing), the delivery's reference and
a keyed code. Every reader of an alert knows its own reference from the message id, and finds the others by
counting; without the code any of them could report all the others' mail as failed.
"""

import base64
import hashlib
import hmac

_CODE_BYTES = 5  # 40 bits: whoever guesses needs 10**12 mails
_CODE_LENGTH = 8
LONGEST = 64 - len("+") - 32 - _CODE_LENGTH
"""How long our own part before the @ may be: RFC 5321, section 4.5.3.1.1, gives 64 octets, a reference takes 32."""


class Envelopes:
    """Makes and recognises the envelope senders of one account. `key` is 1 to 64 bytes."""

    def __init__(self, mailbox: str, key: bytes) -> None:
        local, _, self._domain = mailbox.partition("@")
        self._prefix = f"{local}+"
        self._keyed = hashlib.blake2b(key=key, digest_size=_CODE_BYTES, person=b"omroeper bounce")

    def sender(self, reference: str) -> str:
        """The envelope's sender of a delivery."""
        return f"{self._prefix}{reference}{self._code(reference)}@{self._domain}"

    def reference(self, address: str) -> str | None:
        """The delivery an address was made for; None when it is not one of ours. Servers may change the case."""
        local, _, domain = address.lower().partition("@")
        if domain != self._domain.lower() or not local.startswith(self._prefix.lower()):
            return None
        named = local[len(self._prefix) :]
        reference, code = named[:-_CODE_LENGTH], named[-_CODE_LENGTH:]
        return reference if hmac.compare_digest(self._code(reference).encode(), code.encode()) else None

    def _code(self, reference: str) -> str:
        keyed = self._keyed.copy()
        keyed.update(reference.encode())
        return base64.b32encode(keyed.digest()).decode("ascii").lower()
