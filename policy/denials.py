"""Why an order gets no permit: each reason with its code, and what to do about it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from policy.contracts import Action, Reason, utc_text
from policy.order_contracts import OrderReason


def no_decision() -> OrderReason:
    """Nobody approved the signal."""
    message = "no approval of this signal is on record; have it judged, and reviewed where that is asked"
    return OrderReason(code="no-approved-decision", message=message)


def used(signal_id: UUID) -> OrderReason:
    """One approval, one order."""
    message = f"signal {signal_id} has had its order; have a new signal judged"
    return OrderReason(code="permit-used", message=message)


def expired(at: datetime) -> OrderReason:
    """The approval's time is over."""
    message = f"the approval ended at {utc_text(at)}; have a new signal judged"
    return OrderReason(code="permit-expired", message=message)


def another_deal(action: Action, symbol: str) -> OrderReason:
    """Something else was approved."""
    return OrderReason(code="not-covered", message=f"the approval is for {action} {symbol}; order just that")


def too_large(qty: Decimal, price: Decimal, most: int) -> OrderReason:
    """Less was approved."""
    message = f"{qty} shares at {price} are more than was approved; {most} would fit"
    return OrderReason(code="not-covered", message=message)


def no_equity() -> OrderReason:
    """An approved share of equity means nothing while nobody knows the equity."""
    return OrderReason(code="not-covered", message="the house cannot tell its equity; try again later")


def no_quote(symbol: str) -> OrderReason:
    """The house does not know what the symbol costs."""
    return OrderReason(code="no-quote", message=f"the house has no usable quote of {symbol}; try again later")


def rules_now_reject(hits: Iterable[Reason]) -> OrderReason:
    """The packs that approved would not approve now."""
    return OrderReason(code="rules-now-reject", message=f"the rules now reject it: {_listed(hits)}")


def rules_now_review(hits: Iterable[Reason]) -> OrderReason:
    """There is something now that no person has looked at."""
    message = f"the rules now want a person to look: {_listed(hits)}"
    return OrderReason(code="rules-now-review", message=message)


def market_closed() -> OrderReason:
    """Even an exit needs somebody to trade with."""
    return OrderReason(code="market-closed", message="the market is closed; try again when it opens")


def not_reducing(side: Action, qty: Decimal, position: Decimal, leaving: Decimal) -> OrderReason:
    """An exit permit is for less risk only."""
    free = max(abs(position) - leaving, Decimal(0))
    message = f"{side} {qty} would not only reduce; {free} of {position} shares are free to leave"
    return OrderReason(code="not-reducing", message=message)


def _listed(hits: Iterable[Reason]) -> str:
    return "; ".join(f"{hit.rule}: {hit.message}" for hit in hits)
