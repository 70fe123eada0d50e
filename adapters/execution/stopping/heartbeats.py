"""The pulse of what the gate depends on in other processes: asked every second, by real time."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from policy.ports import Clock

log = structlog.get_logger(__name__)

Pulse = Callable[[], object]
"""Asks a component something only it can answer; raises where no answer comes, or none that helps."""


class Heartbeats:
    """Remembers when each component answered last; when it is first asked it counts as having just done so.

    A process may wait long before it begins to ask, and others that start with it need not be there yet.
    """

    def __init__(self, pulses: Mapping[str, Pulse], real: Clock) -> None:
        self._pulses = pulses
        self._real = real
        self._answered: dict[str, datetime] = {}
        self._silent: set[str] = set()

    def listen(self) -> None:
        """Ask every component once; that one fell silent is told once, and so is that it is back."""
        for name, pulse in self._pulses.items():
            self._answered.setdefault(name, self._real.now())
            why = _why_silent(pulse)
            if why is None:
                self._answered[name] = self._real.now()
            if (why is not None) != (name in self._silent):
                self._tell(name, why)

    def most_silent(self) -> tuple[str, datetime] | None:
        """The component that has not answered for longest, with when it did; None where there is none."""
        return min(self._answered.items(), key=lambda one: one[1], default=None)

    def now(self) -> datetime:
        """The real time that pulses go by."""
        return self._real.now()

    def _tell(self, name: str, why: str | None) -> None:
        if why is None:
            self._silent.remove(name)
            log.warning("a component has a pulse again", component=name)
        else:
            self._silent.add(name)
            log.warning("a component has no pulse", component=name, why=why)


def _why_silent(pulse: Pulse) -> str | None:
    try:
        pulse()
    except Exception as none:  # whatever came, it was no answer
        return repr(none)
    return None
