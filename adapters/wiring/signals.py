"""Strategies' proposals on their way: into the outbox, each as one event."""

from collections.abc import Sequence

from sqlalchemy import Engine

from policy.contracts import Event, EventType, SignalCandidate
from policy.outbox import append
from policy.ports import derived_id
from policy.store import writing

SOURCE = "/trivet/strategy"


def publish(store: Engine, candidates: Sequence[SignalCandidate]) -> int:
    """Put ``candidates`` into the outbox of ``store``, each once for ever; returns how many there are."""
    if candidates:
        with writing(store) as connection:
            append(connection, map(event_of, candidates))
    return len(candidates)


def event_of(candidate: SignalCandidate) -> Event:
    """The event that tells of a strategy's proposal."""
    return Event(
        id=derived_id("event", EventType.SIGNAL_CREATED.value, candidate.signal_id),
        type=EventType.SIGNAL_CREATED,
        source=SOURCE,
        subject=str(candidate.signal_id),
        time=candidate.created_at,
        data=candidate.model_dump(mode="json"),
    )
