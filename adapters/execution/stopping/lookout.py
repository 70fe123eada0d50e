"""The lookout: in real time stops are obeyed as soon as they are tripped, and the watchers look every second.

Trips come from other threads and processes, and are known by no more than a row in the store. So it is
looked at five times a second; where something is left to do, it is done again after a while, at first soon.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from adapters.execution.stopping.obeying import Obeyed

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
"""How long a trip may go unnoticed."""
WATCH_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class Guarded(Protocol):
    """The execution service, as far as the lookout asks it."""

    def stops_standing(self) -> tuple[int, ...]:
        """The trips that stand, by number."""
        ...

    def obey(self) -> Obeyed:
        """Cancel what they forbid."""
        ...

    def watch(self) -> object:
        """Let the watchers look, between the steps of a player."""
        ...


@dataclass
class Follower:
    """Remembers which trips were seen, so that most looks cost next to nothing; ``now`` is in seconds."""

    guarded: Guarded
    now: Callable[[], float] = time.monotonic
    seen: tuple[int, ...] = ()
    due: float = 0.0
    pause: float = _FIRST_PAUSE

    def turn(self) -> None:
        """Obey where a trip is new, or the last time has not made an end of it and its pause is over."""
        standing = self.guarded.stops_standing()
        is_new = standing != self.seen
        if not is_new and (not standing or self.now() < self.due):
            return
        left = self.guarded.obey().left
        self.seen = standing
        self.pause = _FIRST_PAUSE if is_new or not left else min(self.pause * 2, _LONGEST_PAUSE)
        self.due = self.now() + (self.pause if left else WATCH_SECONDS)


class Lookout:
    """Follows trips and lets watchers look, in two threads, from ``start`` to ``stop``."""

    def __init__(self, guarded: Guarded) -> None:
        self._ended = threading.Event()
        turns = (
            ("follower", Follower(guarded).turn, LOOK_SECONDS),
            ("watchers", guarded.watch, WATCH_SECONDS),
        )
        self._threads = [
            threading.Thread(target=self._repeat, args=(turn, seconds), name=name, daemon=True)
            for name, turn, seconds in turns
        ]

    def start(self) -> None:
        """Look from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no more; returns when the look under way has ended, or at once where none was started."""
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _repeat(self, turn: Callable[[], object], seconds: float) -> None:
        complaint = ""
        while not self._ended.wait(seconds):
            try:
                turn()
                complaint = ""
            except Exception as error:  # whatever is away now, the next look must come
                if complaint != (complaint := repr(error)):  # told once, however often it looks
                    log.exception("the lookout could not look; it looks again")
