"""Checks of one quote or bar that need nothing but it and the last one that was let in."""

from datetime import date, datetime
from decimal import Decimal

from adapters.market.calendar import Session
from adapters.market.inspection.outcome import Fault, Unfit
from policy.contracts import Bar, Quote


def check_order(last: Quote, bid: Decimal, ask: Decimal, at: datetime) -> None:
    """What is not later than ``last`` is older or a repeat, or says something new. Raises ``Unfit``."""
    before = f"the last quote, {last.bid} to {last.ask} at {last.at.isoformat()}"
    if at < last.at:
        late = (last.at - at).total_seconds()
        raise Unfit(Fault.OLDER_THAN_LAST, f"its time {at.isoformat()} is {late:g} s before the last", before)
    if (bid, ask) == (last.bid, last.ask):
        raise Unfit(Fault.DUPLICATE, f"{bid} to {ask} at {at.isoformat()} came before", before)


def check_shape(open: Decimal, high: Decimal, low: Decimal, close: Decimal) -> None:  # noqa: A002 - a bar's word
    """The low is the lowest of a bar's prices and the high the highest. Raises ``Unfit``."""
    if not (low <= open <= high and low <= close <= high):
        raise Unfit(Fault.CROSSED, f"low {low} and high {high} do not enclose open {open} and close {close}")


def check_closed(session: Session, now: datetime) -> None:
    """A bar belongs to a session that has closed by ``now``. Raises ``Unfit``."""
    if now < session.closes:
        raise Unfit(
            Fault.FROM_THE_FUTURE,
            f"the session of {session.day} closes at {session.closes.isoformat()}, and a bar only then",
            f"the house's clock, {now.isoformat()}",
        )


def check_follows(last: Bar, bar: Bar, day: date) -> None:
    """A session has one bar, and they come in the order of sessions. Raises ``Unfit``."""
    before = f"the last bar, of the session that closed at {last.closed_at.isoformat()}"
    if bar.opened_at < last.opened_at:
        raise Unfit(Fault.OLDER_THAN_LAST, f"the bar of {day} is from before the last", before)
    again = "came before" if bar == last else "came before with other numbers; a bar closes once"
    raise Unfit(Fault.DUPLICATE, f"the bar of {day} {again}", before)
