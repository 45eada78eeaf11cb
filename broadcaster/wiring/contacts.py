"""The contacts that whoever deploys signs for: those of the configuration, and of the file beside it."""

from datetime import date, datetime, time, timedelta

from broadcaster import data
from broadcaster.model.contacts import Contact, ContactKind, key_of
from broadcaster.settings import CONTACTS, ConfigurationError, Problem, Settings, contacts_in


def configured_contacts(settings: Settings) -> tuple[Contact, ...]:
    """Those of the configuration, and of the country: from the file beside it, or else the one that is shipped.
    ConfigurationError with every one that is no contact."""
    own = settings.home / CONTACTS
    national = own if own.exists() else data.find("config") / CONTACTS
    lines = [(settings.path.name, item) for item in settings.contacts]
    lines += [(national.name, item) for item in contacts_in(national)]
    found: list[Contact] = []
    problems: list[Problem] = []
    for file, item in lines:
        kind = ContactKind(item.kind)
        try:
            key = key_of(kind, item.value)
        except ValueError:
            problems.append(Problem(file, "contact", f"'{item.value}' is no {kind}", "write it as people read it"))
            continue
        until = None if item.until is None else _after(item.until, settings)
        found.append(Contact(kind, item.value, key, item.label, source=item.source, valid_until=until))
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def _after(day: date, settings: Settings) -> datetime:
    """When a day is over, where the hub is."""
    return datetime.combine(day + timedelta(days=1), time(), settings.hub.zone)
