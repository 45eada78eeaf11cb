"""The configuration: one TOML file, overrides from the environment, secrets from files beside it."""

from broadcaster.settings.geometry import GeometryError, outer_rings
from broadcaster.settings.listing import Setting, listed
from broadcaster.settings.loading import CONTACTS, Settings, contacts_in, load
from broadcaster.settings.problems import ConfigurationError, Problem
from broadcaster.settings.sections import Account, Area, Contact, Hub, Organisation, Point, Reminders, Store

__all__ = [
    "CONTACTS",
    "Account",
    "Area",
    "ConfigurationError",
    "Contact",
    "GeometryError",
    "Hub",
    "Organisation",
    "Point",
    "Problem",
    "Reminders",
    "Setting",
    "Settings",
    "Store",
    "contacts_in",
    "listed",
    "load",
    "outer_rings",
]
