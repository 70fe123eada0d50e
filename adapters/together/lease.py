"""One crew per data folder: who holds it, and what its status is, for the other commands."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.servers.secret import write_private
from adapters.together.crew import Row

_LOCK, _STATUS = "up.lock", "up.json"


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
        try:
            yield
        finally:
            (home / _STATUS).unlink(missing_ok=True)


def status_of(rows: Sequence[Row], healthy: bool) -> dict[str, Any]:
    """How the crew stands, as JSON values; ``pid`` is the process to be asked to end it."""
    return {"healthy": healthy, "pid": os.getpid(), "processes": [row.to_json() for row in rows]}


def write_status(home: Path, status: Mapping[str, Any]) -> None:
    """Keep ``status`` for ``read_status``."""
    write_private(home / _STATUS, json.dumps(status))


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
