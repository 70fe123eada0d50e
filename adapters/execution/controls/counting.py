"""What there was before an order, counted from the records, so that a new process forgets nothing."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, select

from adapters.execution.controls.limits import Limits
from adapters.execution.controls.trial import Pace
from adapters.execution.order import Order
from adapters.execution.stopping.record import STOPS
from adapters.execution.store import order_of
from adapters.execution.tables import execution_events, fills, orders
from policy.access.callers import LOCAL, RESERVED
from policy.order_contracts import OrderState
from policy.stops.scope import Scope
from policy.stops.tables import stop_events

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_SENT = orders.c.state != OrderState.DENIED.value
_REJECTED = orders.c.state == OrderState.REJECTED.value
_ENDED_UNTRADED = frozenset(
    {OrderState.DENIED, OrderState.REJECTED, OrderState.EXPIRED, OrderState.CANCELLED}
)
_EVER = select(
    select(func.max(orders.c.seq)).scalar_subquery().label("orders"),
    select(func.max(fills.c.seq)).scalar_subquery().label("fills"),
)
"""The last numbers given to orders and fills: never less than how many there are."""
_REARMED = select(func.max(stop_events.c.at)).where(
    stop_events.c.scope == bindparam("scope"),
    stop_events.c.act == "rearmed",
    stop_events.c.at <= bindparam("now"),  # by another clock than the house's it would end all counting
)
_REQUESTS = ("cancel-request", "replace-request")


def day_of(at: datetime) -> datetime:
    """Midnight UTC before ``at``: no session of the exchange crosses it."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def pace_before(connection: Connection, order: Order, at: datetime, limits: Limits) -> Pace:
    """The counts that ``order``, which is not on record yet, meets at ``at``.

    Where all orders and fills there ever were could not reach one of ``limits``, nothing is counted.
    """
    if not _can_reach(connection, limits):
        return Pace()
    since = _let_go(connection, order.strategy, at)
    row = connection.execute(_counts(order, at, since)).one()
    executions: int | None = connection.scalar(_executions(order.strategy, since)) if order.strategy else 0
    return Pace(
        second=row.second or 0,
        minute=row.minute or 0,
        day=row.day or 0,
        symbol_day=row.symbol_day or 0,
        executions=executions or 0,
        rejections=row.rejections or 0,
    )


def twins_of(connection: Connection, order: Order, since: datetime) -> tuple[Order, ...]:
    """Orders of the same strategy for the same deal, made after ``since``, that did not come to naught.

    Signals of callers, who name no strategy, count as those of one.
    """
    query = (
        select(orders)
        .where(
            orders.c.created_at > since,
            orders.c.signal_id.is_not(None),  # an exit is nobody's twin
            orders.c.symbol == order.symbol,
            orders.c.strategy == order.strategy,
        )
        .order_by(orders.c.seq)
    )
    found = map(order_of, connection.execute(query))
    return tuple(one for one in found if _same_deal(one, order))


def requests_within_a_minute(connection: Connection, at: datetime) -> int:
    """Cancels and replaces that callers asked for in the minute before ``at``, refused ones included."""
    query = (
        select(func.count())
        .select_from(execution_events.join(orders, orders.c.order_id == execution_events.c.order_id))
        .where(
            orders.c.updated_at > at - MINUTE,
            execution_events.c.at > at - MINUTE,
            execution_events.c.event.in_(_REQUESTS),
            execution_events.c.by.not_in(RESERVED - {LOCAL.name}),
            execution_events.c.by.not_like(f"{STOPS}%"),
        )
    )
    return connection.scalar(query) or 0


def _can_reach(connection: Connection, limits: Limits) -> bool:
    ever = connection.execute(_EVER).one()
    of_orders = (
        limits.orders_per_second,
        limits.orders_per_minute,
        limits.orders_per_day,
        limits.orders_per_symbol_per_day,
        limits.rejections_per_strategy_per_day,
    )
    return (ever.orders or 0) >= min(of_orders) or (
        (ever.fills or 0) >= limits.executions_per_strategy_per_day
    )


def _let_go(connection: Connection, strategy: str | None, at: datetime) -> datetime:
    """Since when a strategy repeats itself: since the day of ``at`` began, or it was let go on after that."""
    day = day_of(at)
    if strategy is None:
        return day
    about = {"scope": str(Scope.strategy(strategy)), "now": at}
    rearmed: datetime | None = connection.scalar(_REARMED, about)
    return day if rearmed is None else max(day, rearmed)


def _counts(order: Order, at: datetime, since: datetime) -> Select[int, int, int, int, int]:
    return select(
        _sum(_SENT, orders.c.created_at > at - SECOND).label("second"),
        _sum(_SENT, orders.c.created_at > at - MINUTE).label("minute"),
        _sum(_SENT).label("day"),
        _sum(_SENT, orders.c.symbol == order.symbol).label("symbol_day"),
        _sum(_REJECTED, orders.c.strategy == order.strategy, orders.c.created_at > since).label("rejections"),
    ).where(orders.c.created_at >= day_of(at))


def _sum(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((and_(*conditions), 1), else_=0))


def _executions(strategy: str, since: datetime) -> Select[int]:
    """Fills that a broker reported; what was inferred from its totals is replaced by them."""
    return (
        select(func.count())
        .select_from(fills.join(orders, orders.c.order_id == fills.c.order_id))
        .where(orders.c.created_at > since, orders.c.strategy == strategy, fills.c.kind == "fill")
    )


def _same_deal(one: Order, order: Order) -> bool:
    stands = one.state not in _ENDED_UNTRADED or one.cum_qty > 0
    return stands and one.order_id != order.order_id and (one.side, one.qty) == (order.side, order.qty)
