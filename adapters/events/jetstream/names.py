"""How streams and subjects are called: the type of an event is the subject it is published under."""

from policy.contracts import EventType

FACTS = "TRIVET_FACTS"
"""The stream of what the outbox told."""

MARKET = "TRIVET_MARKET"
"""The stream of quotes and bars."""

DEAD = "TRIVET_DEAD"
"""The stream of dead letters."""

MARKET_KINDS = (EventType.QUOTE_UPDATED, EventType.BAR_CLOSED)
FACT_KINDS = tuple(kind for kind in EventType if kind not in MARKET_KINDS)


def stream_of(kind: EventType) -> str:
    """The stream that holds events of ``kind``."""
    return MARKET if kind in MARKET_KINDS else FACTS


def retry_subject(stream: str, durable: str) -> str:
    """Where a dead letter from ``stream`` goes back to the one consumer that could not take it."""
    return f"retry.{stream}.{durable}"


def dead_subject(durable: str) -> str:
    """Where ``durable`` leaves what it could not take."""
    return f"dead.{durable}"
