"""How much of the counted limits is used up, as of a time: what `trivet limits show` says beside them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from adapters.execution.bookkeeping import CASH, held
from adapters.execution.controls.counting import MINUTE, SECOND, day_of, requests_within_a_minute
from adapters.execution.store import promised
from adapters.execution.tables import fills, orders
from policy.order_contracts import OrderState

_HOW_MANY = func.count().label("how_many")
_SENT = orders.c.state != OrderState.DENIED.value
_BY_SYMBOL = select(orders.c.symbol.label("name"), _HOW_MANY).where(_SENT).group_by(orders.c.symbol)
_BY_STRATEGY = (
    select(orders.c.strategy.label("name"), _HOW_MANY)
    .where(orders.c.strategy.is_not(None))
    .group_by(orders.c.strategy)
)
_FILLED = _BY_STRATEGY.join(fills, fills.c.order_id == orders.c.order_id).where(fills.c.kind == "fill")
_REJECTED = _BY_STRATEGY.where(orders.c.state == OrderState.REJECTED.value)


def used_up(connection: Connection, at: datetime) -> Mapping[str, str]:
    """What counts against each limit that is counted, by its name; of symbols and strategies the busiest."""
    day = day_of(at)
    symbols = {order.symbol for order in promised(connection) if order.side == "BUY"}
    symbols |= {asset for asset in held(connection) if asset != CASH}
    return {
        "max_open_positions": str(len(symbols)),
        "orders_per_second": str(_since(connection, at - SECOND)),
        "orders_per_minute": str(_since(connection, at - MINUTE)),
        "cancels_per_minute": str(requests_within_a_minute(connection, at)),
        "orders_per_day": str(_since(connection, day)),
        "orders_per_symbol_per_day": _busiest(connection, _BY_SYMBOL, day),
        "executions_per_strategy_per_day": _busiest(connection, _FILLED, day),
        "rejections_per_strategy_per_day": _busiest(connection, _REJECTED, day),
    }


def _since(connection: Connection, since: datetime) -> int:
    query = select(func.count()).select_from(orders).where(orders.c.created_at > since, _SENT)
    return connection.scalar(query) or 0


def _busiest(connection: Connection, query: Select[str, int], day: datetime) -> str:
    """The largest count of today with the name it belongs to, ``0`` for none."""
    busiest = query.where(orders.c.created_at >= day).order_by(_HOW_MANY.desc(), "name").limit(1)
    row = connection.execute(busiest).first()
    return "0" if row is None else f"{row.how_many} ({row.name})"
