"""The lookout: in real time stops are obeyed as soon as they are tripped, and the watchers look every second.

Trips come from other threads and processes, and are known by no more than a row in the store. So it is
looked at four times a second; where something is left to do, it is done again after a while, at first soon.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from adapters.execution.stopping.obeying import Obeyed
from adapters.execution.stopping.watching import Looked

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

    def watch(self) -> Looked:
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


@contextmanager
def looking_out(guarded: Guarded) -> Iterator[None]:
    """Follow and watch, in two threads, until the end of the block."""
    ended = threading.Event()
    turns = (
        ("follower", Follower(guarded).turn, LOOK_SECONDS),
        ("watchers", guarded.watch, WATCH_SECONDS),
    )
    threads = [
        threading.Thread(target=_repeat, args=(turn, seconds, ended), name=name, daemon=True)
        for name, turn, seconds in turns
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _repeat(work: Callable[[], object], seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds):
        try:
            work()
        except Exception:  # whatever is away now, the next look must come
            log.exception("the lookout could not look; it looks again")
