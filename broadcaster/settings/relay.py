"""The configuration of a relay: a file with one table, [relay]."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError, field_validator

from broadcaster.settings.loading import parse
from broadcaster.settings.problems import ConfigurationError, Problem, closest, from_validation
from broadcaster.settings.sections import Label, Section, checked_listen, checked_timezone, checked_url


class Relay(Section):
    """the table [relay]"""

    name: Annotated[Label, Field(description="what the console calls this box, such as 'Wijkhuis Noord, kast'")]
    listen: Annotated[
        str, AfterValidator(checked_listen), Field(description="an address and a port, such as '0.0.0.0:8080'")
    ] = "127.0.0.1:8080"
    listen_tls: Annotated[
        Annotated[str, AfterValidator(checked_listen)] | None,
        Field(description="an address and a port for https, such as '0.0.0.0:8443'"),
    ] = None
    sources: Annotated[
        tuple[str, ...],
        Field(
            max_length=8, description="addresses of hubs and relays, the best first, such as ['https://crisis.example']"
        ),
    ] = ()
    trust: Annotated[
        Path | None, Field(description="a file with the certificate of a relay above this one, such as 'regional.pem'")
    ] = None
    folder: Annotated[Path, Field(description="a folder for what it keeps, such as 'relay'")] = Path("relay")
    usb: Annotated[Path | None, Field(description="the folder where sticks appear, such as '/media'")] = None
    timezone: Annotated[
        str, AfterValidator(checked_timezone), Field(description="the name of a time zone, such as 'Europe/Amsterdam'")
    ] = "Europe/Amsterdam"
    clock: Annotated[
        bool, Field(description="true when the box has a clock with a battery, that runs on without power")
    ] = False

    @field_validator("sources")
    @classmethod
    def _are_urls(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_url(source) for source in sources)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The whole of it. Paths in it are absolute."""

    path: Path
    relay: Relay


def load_relay(path: Path) -> RelaySettings:
    """The configuration in `path`. ConfigurationError with every problem."""
    path = path.absolute()
    content = parse(path)
    if "relay" not in content:
        remedy = "add a table [relay] with a name"
        raise ConfigurationError([Problem(path.name, "relay", "is missing", remedy)])
    problems = [
        Problem(path.name, key, "is not a known table of a relay", closest(key, ["relay"]))
        for key in content.keys() - {"relay"}
    ]
    try:
        relay = Relay.model_validate(content["relay"])
    except ValidationError as error:
        raise ConfigurationError([*problems, *from_validation(error, Relay, path.name, "relay")]) from None
    if problems:
        raise ConfigurationError(problems)
    placed = {name: path.parent / value for name, value in relay if isinstance(value, Path)}
    return RelaySettings(path, relay.model_copy(update=placed))
