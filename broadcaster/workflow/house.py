"""What the workflow knows of the installation it runs in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broadcaster.channel import Spec
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.people import Caller, Role
from broadcaster.settings import Organisation, Settings
from broadcaster.workflow.refusals import forbidden


@dataclass(frozen=True, slots=True)
class House:
    """`specs` by channel kind; `accounts`: the live account that each kind starts with, where it has one."""

    settings: Settings
    specs: Mapping[str, Spec]
    accounts: Mapping[str, str] = field(default_factory=dict)

    def starting(self, lane: Lane) -> Mapping[str, str]:
        """The account that each pushed kind starts with in a lane; a drill's are made up."""
        if lane is Lane.LIVE:
            return self.accounts
        return {kind: f"drill.{kind}" for kind, spec in self.specs.items() if not spec.pull}

    @property
    def area_names(self) -> dict[str, str]:
        """Areas as people call them, by id."""
        return {area.id: area.name for area in self.settings.areas}

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
