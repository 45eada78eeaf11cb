"""Who may do what, and who is asking."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. An officer may be author and approver; an admin is neither."""

    AUTHOR = "author"
    APPROVER = "approver"
    VIEWER = "viewer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever makes a request: a person, a machine that may only draft, or a display at a point.

    token_id: of the token shown, or of the session of a person at a browser. by_session: which of the two. A token is
    shown anew with each request; a session goes on while nobody sits there.
    """

    token_id: str
    roles: frozenset[Role] = frozenset()
    person_id: str | None = None
    name: str = ""
    point_id: str | None = None
    by_session: bool = False

    @property
    def actor(self) -> str:
        """How the journal names the caller."""
        return self.person_id or f"token:{self.token_id}"


def conflicting(roles: frozenset[Role]) -> bool:
    """An admin gives out roles and keys, so may not also write or approve."""
    return Role.ADMIN in roles and bool(roles & {Role.AUTHOR, Role.APPROVER})
