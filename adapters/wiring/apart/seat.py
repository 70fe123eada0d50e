"""One service at its place: what it answers, what it hears, and when it begins.

A seat begins when a player has begun to play this store: before that there is no time to go by.
From then on it answers the conductor, one phase of a step at a time. A phase that is asked for again
while it is under way is answered with "busy", and done again it changes nothing.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.questions import Answerer
from adapters.storage.latest import repeated
from adapters.wiring.apart.ground import Ground

log = structlog.get_logger(__name__)

DONE, BUSY = "done", "busy"
_LOOK_SECONDS = 0.1
_AGAIN_SECONDS = 0.5

Phase = Callable[[Mapping[str, Any]], int]


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Seat:
    """What a service does for the others.

    ``phases`` are what the conductor asks for and ``answers`` what anybody may, each by subject; phases
    may take their time, answers may not. ``begin`` runs once, before the first phase and the first event
    of ``consumers``; ``again`` twice a second; ``end`` last.
    """

    phases: Mapping[str, Phase] = field(default_factory=dict)
    answers: Mapping[str, Answerer] = field(default_factory=dict)
    consumers: Sequence[Consumer] = ()
    begin: Callable[[], None] = _nothing
    again: Callable[[], None] = _nothing
    end: Callable[[], None] = _nothing


@contextmanager
def taken(seat: Seat, ground: Ground) -> Iterator[None]:
    """``seat`` does its work until the end of the block, and finishes what it has in hand."""
    sitting = _Sitting(seat, ground)
    for subject, answer in seat.answers.items():
        ground.line.respond(subject, answer, queue=subject)
    for subject, phase in seat.phases.items():
        ground.line.respond(subject, sitting.answerer(phase), queue=subject)
    with repeated(seat.again, "again"):
        sitting.start()
        try:
            yield
        finally:
            sitting.stop()


class _Sitting:
    """A seat's way from waiting for the time to its end."""

    def __init__(self, seat: Seat, ground: Ground) -> None:
        self._seat = seat
        self._ground = ground
        self._one_phase = threading.Lock()
        self._begun = threading.Event()
        self._ended = threading.Event()
        self._beginning = threading.Thread(target=self._begin, name="begin", daemon=True)

    def start(self) -> None:
        self._beginning.start()

    def stop(self) -> None:
        self._ended.set()
        self._beginning.join()
        with self._one_phase:  # the phase under way is finished, and no other begins
            self._begun.clear()
        for consumer in self._seat.consumers:
            consumer.stop()
        self._seat.end()

    def answerer(self, phase: Phase) -> Answerer:
        """How the conductor's question for ``phase`` is answered."""

        def answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
            if not self._one_phase.acquire(blocking=False):
                return {BUSY: True}
            try:
                return {DONE: phase(asked)} if self._begun.is_set() else {BUSY: True}
            finally:
                self._one_phase.release()

        return answer

    def _begin(self) -> None:
        if self._until_done(self._begun_by_time) and all(
            self._until_done(consumer.start) for consumer in self._seat.consumers
        ):
            self._begun.set()

    def _begun_by_time(self) -> None:
        while not self._ended.is_set() and not self._ground.has_a_player():
            self._ended.wait(_LOOK_SECONDS)
        if not self._ended.is_set():
            self._seat.begin()

    def _until_done(self, work: Callable[[], None]) -> bool:
        """Do ``work``, again while it fails, since others wait for it; False at the end of the sitting."""
        while not self._ended.is_set():
            try:
                work()
            except Exception as error:
                log.warning("the service cannot begin yet; it is tried again", error=repr(error))
                self._ended.wait(_AGAIN_SECONDS)
            else:
                return not self._ended.is_set()
        return False
