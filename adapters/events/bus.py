"""Events inside one process: who listens to which type."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby

from policy.contracts import Event, EventType

Handler = Callable[[Sequence[Event]], None]


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

    def publish(self, events: Sequence[Event]) -> None:
        """Hand ``events`` over, in runs of equal type; raises what a handler raises."""
        for kind, run in groupby(events, key=lambda event: event.type):
            together = tuple(run)
            for handler in self._handlers[kind]:
                handler(together)
