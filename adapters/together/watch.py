"""The loop around the crew: look, show, until somebody ends it."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from adapters.together.crew import Crew, Row, shown
from adapters.together.lease import status_of, write_status
from adapters.together.member import MemberFailed
from adapters.together.table import Show

HEALTHY_SECONDS = 120.0
"""After so long without health at the start the crew gives up."""
_PAUSE_SECONDS = 0.2


class Asked:
    """How often a signal asked to stop: once means well, twice means now."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Count one more."""
        self.times += 1


@contextmanager
def asked_to_stop() -> Iterator[Asked]:
    """Count Ctrl-C, SIGTERM and SIGHUP instead of dying of them, until the end of the block."""
    asked, signals = Asked(), (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(one, asked) for one in signals]
    try:
        yield asked
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)


class Watch:
    """A crew under way: what is done to it, shown of it and kept for other commands.

    ``given`` are servers that others look after, name to address.
    """

    def __init__(self, crew: Crew, given: Mapping[str, str], home: Path, show: Show) -> None:
        self._crew, self._home, self._show = crew, home, show
        self._given = [_row_of_given(name, url) for name, url in given.items()]
        self._written: dict[str, Any] = {}

    def keep(self, asked: Asked, when_healthy: Callable[[dict[str, Any]], None]) -> None:
        """Keep the crew alive until it is asked to stop; none of it runs when this returns or raises.

        ``when_healthy`` is called once, with the status. Raises ``MemberFailed`` when the crew does not come
        to health within ``HEALTHY_SECONDS``.
        """
        try:
            self._bring_up(asked)
            if not asked.times:
                when_healthy(self._written)
            while not asked.times:
                self._look()
                time.sleep(_PAUSE_SECONDS)
        finally:
            self._crew.stop(hurry=lambda: asked.times > 1)
            self._show(self._rows())

    def _bring_up(self, asked: Asked) -> None:
        deadline = time.monotonic() + HEALTHY_SECONDS
        while not asked.times:
            self._look()
            if self._crew.healthy():
                return
            if time.monotonic() > deadline:
                raise MemberFailed(self._who_is_not())
            time.sleep(_PAUSE_SECONDS)

    def _look(self) -> None:
        self._crew.look()
        rows = self._rows()
        self._show(rows)
        status = status_of(rows, self._crew.healthy())
        if status != self._written:
            write_status(self._home, status)
            self._written = status

    def _rows(self) -> list[Row]:
        return self._given + self._crew.rows()

    def _who_is_not(self) -> str:
        late = [member for member in self._crew.members if not member.good]
        logs = ", ".join(str(member.recipe.command.log) for member in late)
        names = ", ".join(member.name for member in late)
        return f"not healthy after {HEALTHY_SECONDS:g} s: {names}; their logs say why: {logs}"


def _row_of_given(name: str, url: str) -> Row:
    return Row(name, "given", None, shown(url), 0, None, None, None)
