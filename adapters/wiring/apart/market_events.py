"""What the market publishes at a step: quotes and closed bars, which no transaction stands behind."""

from collections.abc import Iterator

from adapters.market.steps import Step
from policy.contracts import Bar, Event, EventType, Quote
from policy.ports import derived_id

SOURCE = "/trivet/market"


def market_events(step: Step) -> list[Event]:
    """One event for each quote of ``step``, then one for each bar that closed at it."""
    return [*_told(step.quotes), *_told(step.closed_bars)]


def _told(news: tuple[Quote, ...] | tuple[Bar, ...]) -> Iterator[Event]:
    for one in news:
        kind = EventType.QUOTE_UPDATED if isinstance(one, Quote) else EventType.BAR_CLOSED
        at = one.at if isinstance(one, Quote) else one.closed_at
        yield Event(
            id=derived_id("event", kind.value, one.symbol, at.isoformat()),
            type=kind,
            source=SOURCE,
            subject=one.symbol,
            time=at,
            data=one.model_dump(mode="json"),
        )
