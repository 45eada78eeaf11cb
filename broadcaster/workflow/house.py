"""What the workflow knows of the installation it runs in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from broadcaster.channel import Spec
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.contacts import Contact, Register
from broadcaster.model.people import Caller, Role
from broadcaster.render.library import library
from broadcaster.render.templates import Templates
from broadcaster.settings import Organisation, Settings
from broadcaster.workflow.refusals import Refused, Why, forbidden

NO_ROOM = "De schijf is bijna vol: een nieuwe melding past er niet meer bij. Waarschuw de beheerder."


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account of the configuration. on: it had what it needs to send when this process began; needs: the secrets
    without which it is off."""

    name: str
    on: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class House:
    """`specs` by channel kind; `accounts`: the live account that each kind starts with, where it has one;
    `is_short`: whether the disk has no room for anything new; `contacts`: those that whoever deploys signed for;
    `configured`: every account, on or not."""

    settings: Settings
    specs: Mapping[str, Spec]
    accounts: Mapping[str, str] = field(default_factory=dict)
    is_short: Callable[[], bool] = _never
    contacts: tuple[Contact, ...] = ()
    configured: tuple[AccountState, ...] = ()

    def need_room(self, msg_type: MsgType) -> None:
        """Refuse a new alert while the disk is nearly full. A correction is let through: what it puts right is out."""
        if msg_type is MsgType.ALERT and self.is_short():
            raise Refused(Why.FULL, NO_ROOM)

    def starting(self, lane: Lane) -> Mapping[str, str]:
        """The account that each pushed kind starts with in a lane; a drill's are made up."""
        if lane is Lane.LIVE:
            return self.accounts
        return {kind: f"drill.{kind}" for kind, spec in self.specs.items() if not spec.pull}

    @property
    def templates(self) -> Templates:
        """The layouts and scenarios of this installation, its own among them."""
        return library(self.settings.hub.scenarios)

    @property
    def area_names(self) -> dict[str, str]:
        """Areas as people call them, by id."""
        return {area.id: area.name for area in self.settings.areas}

    def register(self, own: Iterable[Contact]) -> Register:
        """The configured contacts together with `own`, those of the database; with the names of our points."""
        return Register.of([*self.contacts, *own], [point.name for point in self.settings.points])

    def organisation(self, organisation_id: str) -> Organisation:
        """A configured organisation; KeyError when there is none."""
        return {item.id: item for item in self.settings.organisations}[organisation_id]


def need(caller: Caller, *roles: Role) -> None:
    """Refuse a caller that has none of the roles."""
    if not caller.roles & set(roles):
        names = " of ".join(role.value for role in roles)
        raise forbidden(f"Hiervoor is de rol {names} nodig.")


def writers(msg_type: MsgType) -> tuple[Role, ...]:
    """Who may write a draft. A correction is everybody's who may approve, too: at Pickering, 12 January 2020,
    supervisors knew within minutes and had no access."""
    return (Role.AUTHOR,) if msg_type is MsgType.ALERT else (Role.AUTHOR, Role.APPROVER)


def need_person(caller: Caller, *roles: Role) -> None:
    """Refuse a machine, which may only draft, and a person who has none of the roles."""
    if caller.person_id is None:
        raise forbidden("Een machine mag alleen concepten schrijven: laat een medewerker dit doen.")
    need(caller, *roles)
