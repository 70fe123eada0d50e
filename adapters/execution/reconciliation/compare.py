"""The broker's account against our own books: what has to be repaired, as pure values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from adapters.execution.bookkeeping import CASH
from adapters.execution.lifecycle import Happened, Order, Step, after, answered
from adapters.ports import BrokerAccount, BrokerOrder
from policy.order_contracts import Origin

QUIET = timedelta(seconds=5)
"""An order with a younger event is left alone: the broker's next message may settle it."""
_BY = "reconciliation"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tell:
    """Apply ``happened`` to our order: the broker's view adds something to ours."""

    order: Order
    happened: Happened


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the broker for this order of ours, which its account does not hold; see ``answered``."""

    order: Order


@dataclass(frozen=True, slots=True)
class Adopt:
    """Keep an order that only the broker has; see ``adopted``."""

    seen: BrokerOrder


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze ``symbol``: shares here and at the broker differ, and no order explains it."""

    symbol: str
    ours: Decimal
    theirs: Decimal


@dataclass(frozen=True, slots=True)
class CashOff:
    """Dollars here and at the broker differ, and no order explains it."""

    ours: Decimal
    theirs: Decimal


Repair = Tell | Ask | Adopt | Freeze | CashOff


@dataclass(frozen=True, slots=True)
class Books:
    """Our side: ``positions`` in shares by symbol, ``cash`` in dollars, and the working orders with every one
    that the broker speaks of.

    ``explained``: by how much the broker has more of a symbol, or of ``CASH``, as a person has explained it.
    """

    orders: Sequence[Order]
    positions: Mapping[str, Decimal]
    cash: Decimal
    explained: Mapping[str, Decimal] = field(default_factory=dict)

    def agree(self, asset: str, ours: Decimal, theirs: Decimal) -> bool:
        """Whether both have the same of ``asset``, but for what was explained."""
        return theirs - ours in (_ZERO, self.explained.get(asset, _ZERO))


@dataclass(frozen=True, slots=True)
class Beside:
    """One of our orders beside the broker's view of it; ``is_young``: it is left alone for now."""

    order: Order
    seen: BrokerOrder | None
    is_young: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both books side by side, and what to repair, orders first.

    ``strangers`` are orders that only the broker has. Symbols are ``moving`` that an order may still explain.
    ``outlived`` are explained differences, by asset, that are there no more.
    """

    beside: Sequence[Beside]
    strangers: Sequence[BrokerOrder]
    moving: frozenset[str]
    repairs: Sequence[Repair]
    outlived: Mapping[str, Decimal]

    @property
    def mismatched(self) -> Sequence[str]:
        """Assets of which the two sides have different amounts, and no order explains it."""
        off = (repair for repair in self.repairs if isinstance(repair, Freeze | CashOff))
        return [CASH if isinstance(repair, CashOff) else repair.symbol for repair in off]


def compared(books: Books, account: BrokerAccount, now: datetime, *, quiet: timedelta = QUIET) -> Comparison:
    """What differs and what to repair so that our books follow the broker's.

    Positions and cash are compared only where no order was left alone or repaired: what an order explains
    is no mismatch yet.
    """
    beside = _beside(books.orders, account.orders, now - quiet)
    strangers = _strangers(account.orders, beside)
    repairs = [repair for one in beside if (repair := _repair(one, now)) is not None]
    moving = {one.order.symbol for one in beside if one.is_young}
    moving |= {repair.order.symbol for repair in repairs} | {seen.symbol for seen in strangers}
    found = (
        *repairs,
        *map(Adopt, strangers),
        *_mismatches(books, account.positions, moving),
        *_cash_mismatch(books, account.cash, moving),
    )
    return Comparison(beside, strangers, frozenset(moving), found, _outlived(books, account, moving))


def is_whole(account: BrokerAccount) -> bool:
    """Whether every number of the broker's answer is one; else it says as little as silence."""
    return account.cash.is_finite() and all(shares.is_finite() for shares in account.positions.values())


def adopted(seen: BrokerOrder, order_id: UUID, origin: Origin, at: datetime) -> Order:
    """A new order of ours for one that only the broker had; apply its FOUND to it next.

    ``origin`` is RECONCILED where the ``client_order_id`` is one of ours, else EXTERNAL.
    """
    return Order(
        order_id=order_id,
        client_order_id=seen.client_order_id,
        symbol=seen.symbol,
        side=seen.side,
        qty=seen.qty,
        order_type=seen.order_type,
        limit_price=seen.limit_price,
        purpose="external",
        created_at=at,
        updated_at=at,
        origin=origin,
    )


def _beside(
    orders: Iterable[Order], theirs: Sequence[BrokerOrder], quiet_since: datetime
) -> Sequence[Beside]:
    by_external: dict[str | None, BrokerOrder] = {seen.external_order_id: seen for seen in theirs}
    by_client = {seen.client_order_id: seen for seen in theirs}
    return [
        Beside(order, _view(order, by_external, by_client), order.updated_at > quiet_since)
        for order in orders
    ]


def _view(
    order: Order, by_external: Mapping[str | None, BrokerOrder], by_client: Mapping[UUID, BrokerOrder]
) -> BrokerOrder | None:
    """The broker's view of ``order``: by the broker's own id where it is known, else by ours."""
    if order.external_order_id in by_external:
        return by_external[order.external_order_id]
    return by_client.get(order.client_order_id)


def _strangers(theirs: Iterable[BrokerOrder], beside: Iterable[Beside]) -> Sequence[BrokerOrder]:
    known = {one.seen.external_order_id for one in beside if one.seen is not None}
    return [seen for seen in theirs if seen.external_order_id not in known]


def _repair(look: Beside, now: datetime) -> Tell | Ask | None:
    if look.is_young:
        return None
    if look.seen is None:
        return Ask(look.order) if look.order.is_working else None
    happened = answered(look.seen, now, _BY, certain=False)
    return Tell(look.order, happened) if _adds(look.order, after(look.order, happened)) else None


def _adds(order: Order, step: Step) -> bool:
    """Whether the broker's view changes more than the time of the order, or is odd for the first time."""
    after_it, odd = step.order, step.anomaly
    moved = after_it.state is not order.state or after_it.external_order_id != order.external_order_id
    is_new = odd is not None and odd not in order.anomalies
    return bool(step.bookings) or moved or step.send_cancel or is_new


def _mismatches(books: Books, theirs: Mapping[str, Decimal], moving: set[str]) -> Sequence[Freeze]:
    """Symbols whose shares differ, in alphabetical order, without those that orders may still explain."""
    symbols = sorted({*books.positions, *theirs} - moving)
    held = ((symbol, books.positions.get(symbol, _ZERO), theirs.get(symbol, _ZERO)) for symbol in symbols)
    return [Freeze(*one) for one in held if not books.agree(*one)]


def _cash_mismatch(books: Books, theirs: Decimal, moving: set[str]) -> Sequence[CashOff]:
    """The dollars, where they differ and no order is on the way to explain it."""
    return [] if moving or books.agree(CASH, books.cash, theirs) else [CashOff(books.cash, theirs)]


def _outlived(books: Books, account: BrokerAccount, moving: set[str]) -> Mapping[str, Decimal]:
    """Explained differences that have come to nothing, as far as no order is on the way to change that."""
    ours, theirs = {**books.positions, CASH: books.cash}, {**account.positions, CASH: account.cash}
    level = (asset for asset in books.explained if ours.get(asset, _ZERO) == theirs.get(asset, _ZERO))
    over = (asset for asset in level if not (moving if asset == CASH else asset in moving))
    return {asset: books.explained[asset] for asset in sorted(over)}
