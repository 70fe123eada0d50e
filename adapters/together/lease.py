"""One crew per data folder: who holds it, and what its status is, for the other commands."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote, split
from typing import Any

from adapters.servers.secret import write_private
from adapters.together.crew import Row

_LOCK, _STATUS, _ENVIRONMENT = "up.lock", "up.json", "up.env"


class AlreadyUp(Exception):
    """Another crew has this data folder."""


@contextmanager
def lease(home: Path) -> Iterator[None]:
    """Hold the data folder ``home`` until the end of the block. Raises ``AlreadyUp``."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / _LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(f"{home} is in use by another trivet up; end it with: trivet down") from None
        write_status(home, status_of((), healthy=False))  # before it, a killed crew's would name another
        try:
            yield
        finally:
            (home / _STATUS).unlink(missing_ok=True)
            (home / _ENVIRONMENT).unlink(missing_ok=True)


def status_of(rows: Sequence[Row], healthy: bool) -> dict[str, Any]:
    """How the crew stands, as JSON values; ``pid`` is the process to be asked to end it."""
    return {"healthy": healthy, "pid": os.getpid(), "processes": [row.to_json() for row in rows]}


def write_status(home: Path, status: Mapping[str, Any]) -> None:
    """Keep ``status`` for ``read_status``."""
    write_private(home / _STATUS, json.dumps(status))


def write_environment(home: Path, variables: Mapping[str, str]) -> None:
    """Keep ``variables``, which hold passwords, as lines for a shell: its commands ask the crew's servers."""
    lines = [f"export {name}={quote(value)}\n" for name, value in variables.items()]
    write_private(home / _ENVIRONMENT, "".join(lines))


def read_environment(home: Path) -> Mapping[str, str]:
    """What ``write_environment`` kept; empty when no crew of ``home`` is up."""
    place = environment_of(home)
    words = split(place.read_text()) if place is not None else []
    return dict(word.split("=", 1) for word in words if "=" in word)


def environment_of(home: Path) -> Path | None:
    """The file of ``write_environment``; None when no crew of ``home`` is up."""
    place = home / _ENVIRONMENT
    return place if _held(home) and place.exists() else None


def read_status(home: Path) -> dict[str, Any] | None:
    """What the crew of ``home`` last wrote; None when none is up."""
    if not _held(home):
        return None
    try:
        status: dict[str, Any] = json.loads((home / _STATUS).read_text())
    except FileNotFoundError:
        return None
    return status


def end(home: Path, seconds: float) -> bool:
    """Ask the crew of ``home`` to stop and wait for it; False when there is none or it is still there."""
    status = read_status(home)
    if status is None:
        return False
    os.kill(status["pid"], signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while _held(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _held(home)


def _held(home: Path) -> bool:
    if not (home / _LOCK).exists():
        return False
    with (home / _LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
