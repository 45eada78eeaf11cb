"""The configuration: one TOML file, overrides from the environment, secrets from files beside it."""

from broadcaster.settings.geometry import GeometryError, outer_rings
from broadcaster.settings.loading import Settings, load
from broadcaster.settings.problems import ConfigurationError, Problem
from broadcaster.settings.sections import Account, Area, Hub, Organisation, Point, Store

__all__ = [
    "Account",
    "Area",
    "ConfigurationError",
    "GeometryError",
    "Hub",
    "Organisation",
    "Point",
    "Problem",
    "Settings",
    "Store",
    "load",
    "outer_rings",
]
