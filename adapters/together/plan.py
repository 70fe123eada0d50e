"""From settings and wishes to the members of the crew: commands, ports, environments, logs."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.servers.child import Command
from adapters.servers.nats import nats
from adapters.servers.postgres import postgres
from adapters.servers.recipe import Recipe, refuse_taken
from adapters.servers.valkey import valkey
from adapters.settings import Settings
from adapters.together.given import VARIABLES, given_servers
from adapters.together.health import Readiness
from adapters.together.member import Member
from adapters.topology import (
    FIRST_PORT,
    PLAYER,
    POLICY_WORKERS,
    ROUTES,
    SCREENS,
    SERVER_PORTS,
    Process,
    processes,
)

_SERVERS: Mapping[str, Callable[..., Recipe]] = {"postgres": postgres, "valkey": valkey, "nats": nats}
_MOST_LOG_BYTES = 10_000_000
IMPORTS = "imports"
"""A job of this machine alone: Python compiles what all services import, once, while the servers start.

On a machine that never ran Trivet every service would otherwise compile the same at the same time.
"""
_IMPORTED = "import adapters.wiring.apart.serving, exchange_calendars"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the terminal chose; ``player`` are further words of the player's command."""

    first_port: int = FIRST_PORT
    policy_workers: int = POLICY_WORKERS
    screens: bool = True
    player: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The members to start; the servers that were given instead, name to address; and how to ask all servers.

    ``environment`` are the settings that name the servers, with their passwords.
    """

    members: tuple[Member, ...]
    given: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def plan(settings: Settings, wishes: Wishes) -> Plan:
    """What is to be started for ``settings``; makes the servers' folders and their settings.

    Raises ``ServerFailed`` when a port is taken, a given server does not answer or a binary is missing.
    """
    given = given_servers(settings)
    wanted = [one for one in processes(wishes.policy_workers) if wishes.screens or one.name != SCREENS]
    _refuse_taken_ports(wanted, given, wishes.first_port)
    logs = settings.home.absolute() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    own = _own_servers(settings, given, wishes.first_port, logs)
    urls = {**given, **{recipe.name: recipe.url for recipe in own}}
    values = _values(settings, urls, wanted, wishes.first_port)
    members = [_imports(_log(logs, IMPORTS)), *(Member(recipe) for recipe in own)]
    members += [_member(one, values, wishes, _log(logs, one.name)) for one in wanted]
    return Plan(tuple(members), given, {VARIABLES[name]: url for name, url in urls.items()})


def _imports(log: Path) -> Member:
    command = Command([sys.executable, "-c", _IMPORTED], log, _surroundings())
    return Member(Recipe(IMPORTS, "", 0, command, answers=lambda _pid: None), job=True)


def _refuse_taken_ports(wanted: Sequence[Process], given: Mapping[str, str], first: int) -> None:
    for name, port in SERVER_PORTS.items():
        if name not in given:
            refuse_taken(first + port, name)
    for one in wanted:
        if one.port is not None:
            refuse_taken(first + one.port, one.name)


def _own_servers(settings: Settings, given: Mapping[str, str], first: int, logs: Path) -> list[Recipe]:
    folder = settings.home.absolute() / "servers"
    return [
        make(folder / name, first + SERVER_PORTS[name], log=_log(logs, name))
        for name, make in _SERVERS.items()
        if name not in given
    ]


def _values(
    settings: Settings, urls: Mapping[str, str], wanted: Sequence[Process], first: int
) -> dict[str, str]:
    """The settings of the whole crew; each process gets those that are listed for it."""
    ports = {one.words[-1]: first + one.port for one in reversed(wanted) if one.port is not None}
    routes = {path: f"http://127.0.0.1:{ports[service]}" for path, service in ROUTES.items()}
    return {name: value for name, value in os.environ.items() if name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(settings.home.absolute()),
        "TRIVET_RULES": str(settings.rules.absolute()),
        **{VARIABLES[name]: url for name, url in urls.items()},
        "TRIVET_CLOCK": "player",
        "TRIVET_API_URL": f"http://127.0.0.1:{ports['policy']}",
        "TRIVET_API_URLS": ",".join(f"{path}={url}" for path, url in routes.items()),
    }


def _member(one: Process, values: Mapping[str, str], wishes: Wishes, log: Path) -> Member:
    port = wishes.first_port + (one.port or 0)
    words = [sys.executable, "-m", "adapters.cli", *one.words]
    words += ["--port", str(port)] if one.port is not None else []
    words += wishes.player if one.name == PLAYER else ()
    mine = {**values, "TRIVET_WORKER": one.name}
    variables = _surroundings() | {name: mine[name] for name in one.settings if name in mine}
    address = "" if one.port is None else f"http://127.0.0.1:{port}"
    recipe = Recipe(
        name=one.name,
        url=address,
        port=port,
        command=Command(words, log, variables, folder=Path.cwd()),
        answers=Readiness(address + one.health),
    )
    is_job = one.port is None
    return Member(recipe, one.waits_for if is_job else (*one.waits_for, IMPORTS), one.asks, job=is_job)


def _surroundings() -> dict[str, str]:
    """This environment without our settings: each process is given its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}


def _log(logs: Path, name: str) -> Path:
    """Where ``name`` logs; a long log of earlier starts is put aside once, so that two stay at most."""
    log = logs / f"{name}.log"
    if log.exists() and log.stat().st_size > _MOST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log
