"""A look at the sandbox account without trading on it: is it reached, does it take orders, what is there."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.brokers.alpaca.asking import Asking
from adapters.brokers.alpaca.broker import Terms
from adapters.brokers.alpaca.line import Line
from adapters.brokers.alpaca.stream import LISTENING, TradeStream
from adapters.brokers.alpaca.whole import blocked_by
from adapters.brokers.alpaca.wire import WireOrder
from policy.contracts import utc_text
from policy.order_contracts import decimal_text


@dataclass(frozen=True, slots=True)
class AccountLook:
    """What was seen: dollars, shares by symbol, open orders in words, the broker's time, the market's hours.

    ``blocked`` says why no orders are taken, None where they are; ``stream`` is ``listening`` or why not.
    """

    account: str
    blocked: str | None
    cash: Decimal
    buying_power: Decimal
    positions: Mapping[str, Decimal]
    open_orders: tuple[str, ...]
    time: datetime
    market_open: bool
    next_open: datetime
    next_close: datetime
    stream: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, decimals as text."""
        return {
            "account": self.account,
            "blocked": self.blocked,
            "cash": decimal_text(self.cash),
            "buying_power": decimal_text(self.buying_power),
            "positions": {symbol: decimal_text(qty) for symbol, qty in sorted(self.positions.items())},
            "open_orders": list(self.open_orders),
            "time": utc_text(self.time),
            "market_open": self.market_open,
            "next_open": utc_text(self.next_open),
            "next_close": utc_text(self.next_close),
            "stream": self.stream,
        }


def look_at(terms: Terms) -> AccountLook:
    """What the account of ``terms`` shows now; raises ``BrokerSilent`` where it cannot be seen."""
    asking = Asking(Line(terms.address, terms.key_id, terms.secret, terms.patience))
    account, clock = asking.account(), asking.clock()
    return AccountLook(
        account=account.account_number,
        blocked=blocked_by(account),
        cash=account.cash,
        buying_power=account.buying_power,
        positions=asking.positions(),
        open_orders=tuple(map(_words, asking.open_orders())),
        time=clock.timestamp,
        market_open=clock.is_open,
        next_open=clock.next_open,
        next_close=clock.next_close,
        stream=_stream_of(terms),
    )


def _stream_of(terms: Terms) -> str:
    """Whether the stream lets us listen; the first thing it says counts."""
    settled = threading.Event()
    keys = (terms.key_id, terms.secret)
    stream = TradeStream(terms.address, keys, terms.rhythm, hear=lambda _update: None, look=settled.set)
    stream.start()
    settled.wait(terms.rhythm.open)
    state = stream.state
    stream.stop()
    return state if settled.is_set() else f"not {LISTENING} within {terms.rhythm.open:g} seconds"


def _words(order: WireOrder) -> str:
    size = "by value" if order.qty is None else decimal_text(order.qty)
    limit = f" at {decimal_text(order.limit_price)}" if order.limit_price else ""
    filled = f", {decimal_text(order.filled_qty)} filled" if order.filled_qty else ""
    return f"{order.side} {size} {order.symbol}{limit}, {order.status}{filled}"
