"""What only shows when the tables are read together."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from broadcaster.settings.environment import variable_of
from broadcaster.settings.geometry import GeometryError, outer_rings
from broadcaster.settings.problems import Problem, closest
from broadcaster.settings.sections import Account, Area, Hub, Oidc, Point, Store


def _unique(file: str, table: str, ids: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            yield Problem(file, f'{table}."{one}".id', "is used twice", "give each its own id")
        seen.add(one)


def organisations(file: str, ids: Sequence[str]) -> Iterator[Problem]:
    """Somebody's name must stand under an alert."""
    if not ids:
        yield Problem(
            file, "organisation", "is missing", "add a table [[organisation]] with an id, a name and a sender"
        )
    yield from _unique(file, "organisation", ids)


def areas(file: str, found: Sequence[Area], ids: Sequence[str]) -> Iterator[Problem]:
    """Ids are unique, and each geometry is a polygon on disk."""
    yield from _unique(file, "area", ids)
    for area in found:
        if area.geometry is not None:
            try:
                outer_rings(area.geometry)
            except GeometryError as error:
                yield Problem(file, f'area."{area.id}".geometry', str(error), "put a GeoJSON polygon there")


def accounts(file: str, found: Sequence[Account], names: Sequence[str]) -> Iterator[Problem]:
    """An account fails over to others of its kind, and no two are spelt alike in the environment."""
    for account in found:
        others = [name for name in names if name.startswith(f"{account.kind}.") and name != account.name]
        for target in account.failover:
            if target not in others:
                key = f'channel."{account.name}".failover'
                yield Problem(file, key, f"names '{target}', not another account of its kind", closest(target, others))
    spelt: dict[str, str] = {}
    for name in names:
        other = spelt.setdefault(variable_of(name), name)
        if other != name:
            yield Problem(file, f'channel."{name}"', f"looks like '{other}' in the environment", "rename one of them")


def points(file: str, found: Sequence[Point], ids: Sequence[str], area_ids: Sequence[str]) -> Iterator[Problem]:
    """Ids are unique, a point serves areas that exist, and stands under a regional one if under any."""
    yield from _unique(file, "point", ids)
    regional = [point.id for point in found if point.kind == "regional"]
    for point in found:
        for area in point.areas:
            if area not in area_ids:
                key = f'point."{point.id}".areas'
                yield Problem(file, key, f"names '{area}', which is no area", closest(area, area_ids))
        if point.under is not None and (point.kind == "regional" or point.under not in regional):
            key = f'point."{point.id}".under'
            remedy = "give a local point the id of a point of kind 'regional'"
            yield Problem(file, key, f"names '{point.under}', which is no regional point above it", remedy)


def manual(file: str, ids: Sequence[str]) -> Iterator[Problem]:
    """Ids are unique."""
    yield from _unique(file, "manual", ids)


def scenarios(file: str, folder: Path | None) -> Iterator[Problem]:
    """The folder is there; what is wrong in it is the linter's to say."""
    if folder is not None and not folder.is_dir():
        yield Problem(file, "hub.scenarios", "is not a folder", "make it, name another, or remove the key")


def oidc(file: str, found: Oidc, hub: Hub) -> Iterator[Problem]:
    """The provider sends people back to a public address, and knows the hub by its key."""
    if hub.public_url is None:
        yield Problem(file, "hub.public_url", "is missing", "the provider of [oidc] sends people back to it: set it")
    if not found.key.is_file():
        remedy = f"make it with: openssl genrsa -out {found.key} 3072"
        yield Problem(file, "oidc.key", "is not there", remedy)


def store(file: str, found: Store) -> Iterator[Problem]:
    """Only PostgreSQL knows an owner beside the runtime role."""
    if found.owner_url is not None and not all(url.startswith("postgresql") for url in (found.url, found.owner_url)):
        yield Problem(
            file, "store.owner_url", "goes with PostgreSQL only", "remove it, or give two postgresql:// addresses"
        )
