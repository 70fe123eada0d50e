"""Which bars features can be measured on: priced ones, and windows of sessions in a row."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from policy.contracts import Bar

_INSTANT = timedelta(microseconds=1)


class OpenedSession(Protocol):
    """One session of the exchange."""

    @property
    def opens(self) -> datetime:
        """When it opens, aware UTC."""
        ...

    @property
    def closes(self) -> datetime:
        """When it closes, aware UTC."""
        ...


class ExchangeDays(Protocol):
    """The exchange's sessions."""

    def latest_before(self, at: datetime) -> OpenedSession | None:
        """The last session that had opened by ``at``."""
        ...


def follows(bar: Bar, before: Bar, days: ExchangeDays) -> bool:
    """Whether no session lies between that of ``before`` and that of ``bar``.

    Days that an operator has closed since then are no sessions any more, though they may have bars.
    """
    last = days.latest_before(bar.opened_at - _INSTANT)
    return last is None or last.opens <= before.opened_at


def unpriced(bar: Bar) -> str:
    """What is said of a bar whose close is not above zero: it has no return."""
    return f"the bar of {bar.symbol} that closed at {bar.closed_at:%Y-%m-%d %H:%M} has no close above zero"


def last_opening(days: ExchangeDays, at: datetime) -> datetime | None:
    """When the last session that is over at ``at`` opened."""
    session = days.latest_before(at)
    if session is not None and session.closes > at:
        session = days.latest_before(session.opens - _INSTANT)
    return session.opens if session is not None else None


def unbroken(bars: Sequence[Bar], days: ExchangeDays | None) -> Iterator[Sequence[Bar]]:
    """``bars``, oldest first, cut wherever a session is missing; in one piece where ``days`` is None."""
    start = 0
    for index in range(1, len(bars)):
        if days is not None and not follows(bars[index], bars[index - 1], days):
            yield bars[start:index]
            start = index
    yield bars[start:]
