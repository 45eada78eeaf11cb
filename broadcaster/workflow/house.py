"""What the workflow knows of the installation it runs in."""

from collections.abc import Mapping
from dataclasses import dataclass

from broadcaster.channel import Spec
from broadcaster.model.people import Caller, Role
from broadcaster.settings import Organisation, Settings
from broadcaster.workflow.refusals import forbidden


@dataclass(frozen=True, slots=True)
class House:
    """`specs` by channel kind; `accounts`: the kinds that have a live account."""

    settings: Settings
    specs: Mapping[str, Spec]
    accounts: frozenset[str] = frozenset()

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


def need_person(caller: Caller, *roles: Role) -> None:
    """Refuse a machine, which may only draft, and a person who has none of the roles."""
    if caller.person_id is None:
        raise forbidden("Een machine mag alleen concepten schrijven: laat een medewerker dit doen.")
    need(caller, *roles)
