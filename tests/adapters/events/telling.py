"""What the tests of events share: events that happened, and ways to wait for what they cause."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from adapters.events.jetstream.consumer import Patience
from policy.contracts import Event, EventType
from policy.outbox import append, undelivered
from policy.ports import derived_id
from policy.store import reading, writing

AT = datetime(2012, 6, 1, 16, tzinfo=UTC)
SIGNAL, DECISION, FILLED = EventType.SIGNAL_CREATED, EventType.DECISION_MADE, EventType.ORDER_FILLED
QUICK = Patience(first_delay=0.05, longest_delay=1.0, most_deliveries=3, ack_wait=1.0)


def happened(number: int, kind: EventType = SIGNAL, symbol: str = "AAPL") -> Event:
    return Event(
        id=derived_id("event", kind.value, number),
        type=kind,
        source="/test",
        subject=str(number),
        time=AT,
        data={"number": number, "symbol": symbol},
    )


def tell(store: Engine, *events: Event) -> None:
    with writing(store) as connection:
        append(connection, events)


def left(store: Engine) -> list[str]:
    with reading(store) as connection:
        return [event.subject for _, event in undelivered(connection, 1000)]


def numbers(events: Sequence[Event]) -> list[int]:
    return [event.data["number"] for event in events]


def soon(holds: Callable[[], object], seconds: float = 10.0) -> bool:
    """Whether ``holds`` comes true within ``seconds``."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
