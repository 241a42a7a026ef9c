"""Settings of one installation: ``quorate.toml``, then environment, then what was typed, the latest wins.

Shapes   named as the options: ``data``, ``web = "127.0.0.1:8765"``, ``im``,
         ``trust = ["ca.pem"]``, ``allow``,
         ``route = ["example.org=127.0.0.1:5222"]`` or ``[routes] "example.org" = "127.0.0.1:5222"``,
         ``tls:`` before the host says that direct TLS is spoken there; a domain may have several,
         ``[people.bob] name = "Bob" addresses = ["bob@example.org"]``, ``[groups] dba = ["raj", "kofi"]``.
Errors   Misconfigured with the file, the key and the nearest known key.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from quorate.activity.budget import RINGS
from quorate.errors import Misconfigured, QuorateError
from quorate.model.address import Address, parse_address
from quorate.rules.groups import opened
from quorate.rules.quiet import parse_quiet
from quorate.server.zones import NoSuchZone, system_zone, zone_named

DEFAULT_WEB = "127.0.0.1:8765"
DEFAULT_IM = "127.0.0.1:5221"
ENVIRONMENT = {"QUORATE_DATA": "data", "QUORATE_DATABASE": "database"}
OPTIONS = {"routes": "route"}
_SHAPES = {
    "missing": "it is missing",
    "tuple_type": 'it is a list, write it in brackets: ["kim", "lea"]',
    "string_type": "it is a text, write it in quotes",
    "dict_type": 'it is a section, write it as [groups] with lines like dba = ["raj", "kofi"]',
    "path_type": "it is the name of a file, write it in quotes",
    "float_type": "it is no number",
    "float_parsing": "it is no number",
    "int_type": "it is no whole number",
    "int_parsing": "it is no whole number",
    "int_from_float": "it is no whole number",
}
"""What is wrong, by pydantic's name for it."""
"""Settings whose option has another name."""
CONFIG_NAME = "quorate.toml"
DIRECT_TLS = "tls:"


def default_data() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "quorate"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConfiguredPerson(_Section):
    name: str = ""
    addresses: tuple[str, ...] = Field(min_length=1)
    quiet: str = ""
    """When they are not rung: ``22:00-07:00``, in the zone of the settings."""
    may_disturb: tuple[str, ...] = ()
    """Who may ring them then, and in spite of do-not-disturb, if it is urgent: names or addresses."""

    @field_validator("quiet")
    @classmethod
    def _is_span(cls, text: str) -> str:
        return _span(text)

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(_address(text)) for text in texts)

    @property
    def parsed(self) -> tuple[Address, ...]:
        return tuple(parse_address(text) for text in self.addresses)


class Settings(_Section):
    data: Path = Field(default_factory=default_data)
    """Directory of store, keys, sockets."""
    database: str = ""
    """``postgresql://…``: keep there what SQLite would keep in a file in ``data``."""
    web: str = DEFAULT_WEB
    """HOST:PORT of page and API."""
    im: str = DEFAULT_IM
    """HOST:PORT IM clients connect to."""
    routes: dict[str, tuple[str, ...]] = {}
    """Domain to HOST:PORT or tls:HOST:PORT, one or more, instead of SRV records."""
    trust: tuple[Path, ...] = ()
    """Certificate authorities to trust upstream beside the system's."""
    allow: tuple[str, ...] = ()
    """Networks (CIDR) that may reach a listener that is not bound to loopback."""
    im_ports: tuple[int, ...] = (5222, 5223)
    """Ports clients may reach through the listener as their SOCKS5 or CONNECT proxy."""
    im_public: str = ""
    """HOST:PORT by which clients reach the listener, where that is not the address they are accepted at."""
    transparent: tuple[str, ...] = ()
    """HOST:PORT, one or more, where nftables diverts connections to; Linux."""
    public_url: str | None = None
    """How others reach the page; links are made from it."""
    ring_s: float = Field(default=30.0, gt=0, le=3600)
    rings_per_hour: int = Field(default=RINGS, ge=0, le=3600)
    """How often one person may be rung in any hour, by all together; 0: as often as it takes."""
    settle_s: float = Field(default=2.0, ge=0, le=600)
    ask_timeout_s: float = Field(default=3.0, gt=0, le=60)
    zone: str = ""
    """Time zone of typed times, ``Europe/Berlin``; empty: the system's."""
    quiet: str = ""
    """When the owner of the own accounts is not rung, as ``quiet`` of a person."""
    may_disturb: tuple[str, ...] = ()
    people: dict[str, ConfiguredPerson] = {}
    groups: dict[str, tuple[str, ...]] = {}

    @field_validator("web", "im")
    @classmethod
    def _is_endpoint(cls, text: str) -> str:
        split_endpoint(text)
        return text

    @field_validator("database")
    @classmethod
    def _is_database(cls, text: str) -> str:
        if text and not text.startswith(("postgresql://", "postgres://")):
            raise ValueError("it is no postgresql://USER@HOST/NAME")
        return text

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, text: str | None) -> str | None:
        if text is not None and not (text.startswith(("https://", "http://")) and urlsplit(text).hostname):
            raise ValueError(f"“{text}” is no address of a page, write one like https://quorate.example.org")
        return text

    @field_validator("transparent", mode="before")
    @classmethod
    def _are_endpoints(cls, value: object) -> object:
        places = cls._may_be_one(value)
        for text in places if isinstance(places, list | tuple) else ():
            split_endpoint(str(text))
        return places

    @field_validator("im_public")
    @classmethod
    def _is_endpoint_if_any(cls, text: str) -> str:
        if text:
            split_endpoint(text)
        return text

    @field_validator("im_ports", mode="before")
    @classmethod
    def _are_ports(cls, value: object) -> object:
        ports = value if isinstance(value, list | tuple) else (value,)
        if not all(isinstance(port, int) and 0 < port <= 65535 for port in ports):
            raise ValueError("ports are numbers from 1 to 65535, write for instance [5222, 5223]")
        return tuple(ports)

    @field_validator("trust", "allow", mode="before")
    @classmethod
    def _may_be_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("routes", mode="before")
    @classmethod
    def _each_may_be_one(cls, value: object) -> object:
        return {k: cls._may_be_one(v) for k, v in value.items()} if isinstance(value, Mapping) else value

    @field_validator("quiet")
    @classmethod
    def _is_span(cls, text: str) -> str:
        return _span(text)

    @field_validator("groups")
    @classmethod
    def _are_groups(cls, groups: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for member in (member for members in groups.values() for member in members):
            if "@" in member and not member.startswith("@"):
                _address(member)
        by_name = {name.casefold(): members for name, members in groups.items()}
        for name in by_name:
            try:
                opened(name, by_name)
            except QuorateError as error:
                raise ValueError(error.problem.rstrip(".")) from error
        return groups

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, text: str) -> str:
        if text:
            try:
                zone_named(text)
            except NoSuchZone as error:
                raise ValueError(f"there is no time zone “{text}”, write one like Europe/Berlin") from error
        return text

    @property
    def tz(self) -> tzinfo:
        """Time zone of the times people type and read."""
        return ZoneInfo(self.zone) if self.zone else system_zone()

    @property
    def store(self) -> Path | str:
        """Where the store is: a directory, or the URL of a database."""
        return self.database or self.data

    @property
    def url(self) -> str:
        """Base URL of the page, without a slash at the end."""
        return (self.public_url or f"http://{self.web}").rstrip("/")


def route_endpoint(target: str) -> str:
    """Of ``HOST:PORT`` or ``tls:HOST:PORT`` the HOST:PORT."""
    return target.removeprefix(DIRECT_TLS)


def split_endpoint(text: str) -> tuple[str, int]:
    """``127.0.0.1:8765`` or ``[::1]:8765`` to host and port; raises ValueError with the right form."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"“{text}” is not HOST:PORT, write for instance 127.0.0.1:8765")
    return host, int(port)


def load_settings(config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the file and lay environment and ``overrides`` (None: not given) over it; raises Misconfigured.

    Without ``config``: ``quorate.toml`` in the data directory, if there is one.
    """
    given = {key: value for key, value in (overrides or {}).items() if value not in (None, (), [], {})}
    for variable, key in ENVIRONMENT.items():
        if os.environ.get(variable):
            given.setdefault(key, os.environ[variable])
    path = config or Path(given.get("data") or default_data()) / CONFIG_NAME
    fields = _read(path, required=config is not None)
    listed = _listed_routes(fields.pop("route", ()), path)
    if "routes" in fields and not isinstance(fields["routes"], Mapping):
        raise Misconfigured(
            f"{path}: “routes” is a section, with a line for each domain.",
            remedy='Write [routes] and below it for example "example.org" = "im.example.org:5222".',
        )
    merged = {**fields, **given}
    merged["routes"] = {**_mapping(fields.get("routes")), **listed, **_mapping(given.get("routes"))}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise _explained(error, path, frozenset(given)) from error


def _listed_routes(value: object, path: Path) -> dict[str, list[str]]:
    """``route`` as the option takes it: one or several times DOMAIN=HOST:PORT. Raises Misconfigured."""
    routes: dict[str, list[str]] = {}
    for item in value if isinstance(value, (list, tuple)) else (value,):
        domain, _, target = (part.strip() for part in str(item).partition("="))
        try:
            split_endpoint(route_endpoint(target))
        except ValueError:
            domain = ""
        if not domain:
            raise Misconfigured(
                f"{path}: “{item}” is not a route, DOMAIN=HOST:PORT.",
                remedy='For example: route = ["example.org=im.example.org:5222"]',
            )
        routes.setdefault(domain.lower(), []).append(target)
    return routes


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if not required:
            return {}
        raise Misconfigured(f"There is no file {path}.", remedy="Give --config an existing file.") from error
    except OSError as error:
        raise Misconfigured(
            f"{path} cannot be read: {error.strerror}.", remedy="Make it readable, or move it away."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}.", remedy="Mend that line.") from error


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except QuorateError as error:
        raise ValueError(str(error)) from error


def _span(text: str) -> str:
    if text:
        try:
            parse_quiet(text)
        except QuorateError as error:
            raise ValueError(f"“{text}” is no span of the day, write one like 22:00-07:00") from error
    return text


def _explained(error: ValidationError, path: Path, typed: frozenset[str]) -> Misconfigured:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = list(ConfiguredPerson.model_fields if len(first["loc"]) > 1 else Settings.model_fields)
        near = difflib.get_close_matches(key, known, n=1)
        remedy = f"Did you mean “{near[0]}”?" if near else f"Known settings: {', '.join(known)}."
        return Misconfigured(f"{path}: there is no setting “{where}”.", remedy=remedy)
    says = _SHAPES.get(first["type"], first["msg"].removeprefix("Value error, "))
    setting = str(first["loc"][0])
    if setting in typed:
        option = f"--{OPTIONS.get(setting, setting)}"
        return Misconfigured(f"{option} is not usable: {says}.", remedy=f"Give {option} another value.")
    return Misconfigured(f"The setting “{where}” is not usable: {says}.", remedy=f"Correct it in {path}.")
