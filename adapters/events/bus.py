"""Events inside one process: who listens to which type."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

from policy.contracts import Event, EventType

Handler = Callable[[Sequence[Event]], None]


class Carrier(Protocol):
    """Where a relay takes events to."""

    def portions(self, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
        """``events`` in the pieces to publish: each arrives, or comes again whole."""
        ...

    def publish(self, events: Sequence[Event]) -> None:
        """Return when all of ``events`` have arrived, in their order; raises when they have not."""
        ...


class Bus:
    """Hands events to the handlers of their type, in the order both came.

    Handlers run in the publisher's thread and must be idempotent by event id: an event whose
    handler failed, or whose process died, is handed over again.
    """

    def __init__(self) -> None:
        self._handlers: dict[EventType, list[Handler]] = defaultdict(list)

    def subscribe(self, kind: EventType, handler: Handler) -> None:
        """Call ``handler`` with every run of events of type ``kind``."""
        self._handlers[kind].append(handler)

    def portions(self, events: Sequence[Event]) -> Iterator[Sequence[Event]]:
        """Runs of equal type: what one handler has done is not done again because the next one failed."""
        for _, run in groupby(events, key=lambda event: event.type):
            yield tuple(run)

    def publish(self, events: Sequence[Event]) -> None:
        """Hand ``events`` over, in runs of equal type; raises what a handler raises."""
        for run in self.portions(events):
            for handler in self._handlers[run[0].type]:
                handler(run)
