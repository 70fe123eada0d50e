"""The broker's account against our own books: what has to be repaired, as pure values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

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
class _Look:
    """One of our orders beside the broker's view of it."""

    order: Order
    seen: BrokerOrder | None
    is_young: bool


def differences(
    orders: Sequence[Order],
    positions: Mapping[str, Decimal],
    cash: Decimal,
    account: BrokerAccount,
    now: datetime,
    *,
    quiet: timedelta = QUIET,
) -> Sequence[Repair]:
    """What to repair so that our books follow the broker's, orders first.

    ``orders`` are our working ones and every one that ``account`` speaks of; ``positions`` shares by
    symbol, ``cash`` dollars. Positions and cash are compared only where no order was left alone or
    repaired: what an order explains is no mismatch yet.
    """
    looks = _beside(orders, account.orders, now - quiet)
    strangers = _strangers(account.orders, looks)
    repairs = [repair for look in looks if (repair := _repair(look, now)) is not None]
    moving = {look.order.symbol for look in looks if look.is_young}
    moving |= {repair.order.symbol for repair in repairs} | {seen.symbol for seen in strangers}
    adopted_orders = [Adopt(seen) for seen in strangers]
    frozen = _mismatches(positions, account.positions, moving)
    off = [] if moving or cash == account.cash else [CashOff(cash, account.cash)]
    return (*repairs, *adopted_orders, *frozen, *off)


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


def _beside(orders: Iterable[Order], theirs: Sequence[BrokerOrder], quiet_since: datetime) -> Sequence[_Look]:
    by_external: dict[str | None, BrokerOrder] = {seen.external_order_id: seen for seen in theirs}
    by_client = {seen.client_order_id: seen for seen in theirs}
    return [
        _Look(order, _view(order, by_external, by_client), order.updated_at > quiet_since) for order in orders
    ]


def _view(
    order: Order, by_external: Mapping[str | None, BrokerOrder], by_client: Mapping[UUID, BrokerOrder]
) -> BrokerOrder | None:
    """The broker's view of ``order``: by the broker's own id where it is known, else by ours."""
    if order.external_order_id in by_external:
        return by_external[order.external_order_id]
    return by_client.get(order.client_order_id)


def _strangers(theirs: Iterable[BrokerOrder], looks: Iterable[_Look]) -> Sequence[BrokerOrder]:
    known = {look.seen.external_order_id for look in looks if look.seen is not None}
    return [seen for seen in theirs if seen.external_order_id not in known]


def _repair(look: _Look, now: datetime) -> Tell | Ask | None:
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


def _mismatches(
    ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal], moving: set[str]
) -> Sequence[Freeze]:
    """Symbols whose shares differ, in alphabetical order, without those that orders may still explain."""
    pairs = ((symbol, ours.get(symbol, _ZERO), theirs.get(symbol, _ZERO)) for symbol in {*ours, *theirs})
    return sorted(
        (Freeze(*pair) for pair in pairs if pair[0] not in moving and pair[1] != pair[2]),
        key=lambda freeze: freeze.symbol,
    )
