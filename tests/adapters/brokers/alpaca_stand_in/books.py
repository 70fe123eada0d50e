"""The account behind the stand-in: orders, fills, positions and cash as Alpaca's documentation describes.

Written from the public Trading API documentation ("Orders at Alpaca", "Account Activities", "Positions",
"Websocket Streaming"). The market is the test's: nothing is filled until it says so.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

from policy.contracts import utc_text
from policy.ports import TRIVET

OPEN = ("new", "accepted", "pending_new", "partially_filled", "pending_cancel", "pending_replace", "held")
ZERO = Decimal(0)
Emit = Callable[[dict[str, Any]], None]


class Refusal(Exception):
    """An error of the API: HTTP status, Alpaca's code, message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message}


@dataclass
class Order:
    """One order; ``json`` is its entity."""

    id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    qty: Decimal | None
    limit_price: Decimal | None
    submitted_at: datetime
    updated_at: datetime
    status: str = "new"
    filled_qty: Decimal = ZERO
    notional: Decimal = ZERO
    replaced_by: str | None = None
    replaces: str | None = None

    def json(self) -> dict[str, Any]:
        average = self.notional / self.filled_qty if self.filled_qty else None
        return {
            "id": self.id,
            "client_order_id": self.client_order_id,
            "created_at": utc_text(self.submitted_at),
            "updated_at": utc_text(self.updated_at),
            "submitted_at": utc_text(self.submitted_at),
            "filled_at": None,
            "asset_class": "us_equity",
            "symbol": self.symbol,
            "notional": None if self.qty else "100",
            "qty": _text(self.qty),
            "filled_qty": _text(self.filled_qty),
            "filled_avg_price": None if average is None else f"{average:.6f}",
            "order_class": "",
            "order_type": self.type,
            "type": self.type,
            "side": self.side,
            "time_in_force": "day",
            "limit_price": _text(self.limit_price),
            "stop_price": None,
            "status": self.status,
            "extended_hours": False,
            "legs": None,
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
        }


@dataclass
class Account:
    """Everything the stand-in knows; ``emit`` gets what its stream would tell, in order."""

    now: Callable[[], datetime]
    cash: Decimal = Decimal(100_000)
    emit: Emit = lambda _update: None
    cancels_at_once: bool = True
    symbols: frozenset[str] = frozenset({"IBM", "MSFT", "AAPL"})
    orders: dict[str, Order] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    positions: dict[str, Decimal] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    ticks: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def take(self, body: dict[str, Any]) -> Order:
        """Take in an order; raises ``Refusal`` as the API does."""
        with self.lock:
            self.posts.append(body["client_order_id"])
            if self.by_client(body["client_order_id"]) is not None:
                raise Refusal(422, 40010001, "client_order_id must be unique")
            self._check(body)
            order = self._entered(body)
            self.tell("new", order)
            return order

    def _check(self, body: dict[str, Any]) -> None:
        blocked = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
        if any(self.flags.get(name) for name in blocked):
            raise Refusal(403, 40310000, "trading denied for this account")
        if body["symbol"] not in self.symbols:
            raise Refusal(422, 42210000, f'asset "{body["symbol"]}" not found')
        if body["type"] == "limit" and body.get("limit_price") is None:
            raise Refusal(422, 42210000, "limit orders require a limit price")
        qty = Decimal(str(body["qty"]))
        if qty <= 0:
            raise Refusal(422, 42210000, "qty must be > 0")
        if body["side"] == "sell" and qty > self.free(body["symbol"]):
            raise Refusal(403, 40310000, "insufficient qty available for order")
        if body["side"] == "buy" and qty * 10 > self.cash:
            raise Refusal(403, 40310000, "insufficient buying power")

    def _entered(self, body: dict[str, Any], status: str = "new") -> Order:
        at = self.tick()
        name = str(uuid5(TRIVET, f"stand-in/{len(self.orders)}"))
        limit, qty = body.get("limit_price"), body.get("qty")
        order = Order(
            id=name,
            client_order_id=body.get("client_order_id") or str(uuid5(TRIVET, f"their-own/{name}")),
            symbol=body["symbol"],
            side=body["side"],
            type=body.get("type", "market"),
            qty=None if qty is None else Decimal(str(qty)),
            limit_price=None if limit is None else Decimal(str(limit)),
            submitted_at=at,
            updated_at=at,
            status=status,
        )
        self.orders[name] = order
        return order

    def enter_elsewhere(self, **body: Any) -> Order:
        """An order that came in by another way than the API, such as the dashboard."""
        with self.lock:
            order = self._entered(body)
            self.tell("new", order)
            return order

    def fill(self, client_order_id: Any, qty: Any, price: Any) -> Order:
        """Trade ``qty`` shares of an order, whatever its status says: venues tell late."""
        with self.lock:
            order, qty, price = self.by_client(str(client_order_id)), Decimal(qty), Decimal(price)
            order.filled_qty += qty
            order.notional += qty * price
            sign = 1 if order.side == "buy" else -1
            held = self.positions.pop(order.symbol, ZERO) + sign * qty
            self.positions |= {order.symbol: held} if held else {}
            self.cash -= sign * qty * price
            whole = order.filled_qty >= order.qty
            if order.status in OPEN and not (order.status == "pending_cancel" and not whole):
                order.status = "filled" if whole else "partially_filled"
            order.updated_at = at = self.tick()
            number = len(self.activities)
            event = "fill" if whole else "partial_fill"
            self.activities.append(
                {
                    "id": f"{at:%Y%m%d%H%M%S}{number:06d}::{uuid5(TRIVET, f'activity/{number}')}",
                    "activity_type": "FILL",
                    "transaction_time": utc_text(at),
                    "type": event,
                    "price": _text(price),
                    "qty": _text(qty),
                    "side": order.side,
                    "symbol": order.symbol,
                    "leaves_qty": _text(order.qty - order.filled_qty),
                    "cum_qty": _text(order.filled_qty),
                    "order_id": order.id,
                    "order_status": order.status,
                }
            )
            execution = str(uuid5(TRIVET, f"execution/{number}"))
            self.tell(event, order, execution_id=execution, qty=_text(qty), price=_text(price))
            return order

    def end(self, client_order_id: Any, status: str) -> Order:
        """Let an order end as ``canceled``, ``expired`` or ``rejected``."""
        return self.become(client_order_id, status, status)

    def become(self, client_order_id: Any, status: str, event: str) -> Order:
        """Let an order's status change, and tell it as ``event``."""
        with self.lock:
            order = self.by_client(str(client_order_id))
            order.status, order.updated_at = status, self.tick()
            self.tell(event, order)
            return order

    def cancel(self, order_id: str) -> None:
        """Take in a request to cancel; raises ``Refusal`` where the order can no longer be."""
        with self.lock:
            order = self.get(order_id)
            if order.status == "pending_cancel" or order.status not in OPEN:
                raise Refusal(422, 42210000, f'order is already in "{order.status}" state')
            order.status, order.updated_at = "pending_cancel", self.tick()
            self.tell("pending_cancel", order)
            if self.cancels_at_once:
                self.end(order.client_order_id, "canceled")

    def replace(self, order_id: str, body: dict[str, Any]) -> Order:
        """Take in a replacement: a new order in place of the old one."""
        with self.lock:
            old = self.get(order_id)
            if old.status not in ("new", "accepted", "partially_filled"):
                raise Refusal(422, 42210000, f'order is in "{old.status}" state and cannot be replaced')
            terms = {"symbol": old.symbol, "side": old.side, "type": old.type}
            kept = {"qty": old.qty, "limit_price": old.limit_price}
            new = self._entered(terms | kept | body)
            new.replaces, old.replaced_by = old.id, new.id
            self.become(old.client_order_id, "replaced", "replaced")
            self.tell("new", new)
            return new

    def get(self, order_id: str) -> Order:
        """An order by the broker's id."""
        if order_id not in self.orders:
            raise Refusal(404, 40410000, f"order not found for {order_id}")
        return self.orders[order_id]

    def by_client(self, client_order_id: str) -> Order | None:
        """An order by the customer's id."""
        return next((one for one in self.orders.values() if one.client_order_id == client_order_id), None)

    def free(self, symbol: str) -> Decimal:
        """Shares held that no open sell order has promised."""
        sells = [one for one in self.orders.values() if (one.symbol, one.side) == (symbol, "sell")]
        promised = sum((one.qty - one.filled_qty for one in sells if one.status in OPEN), ZERO)
        return self.positions.get(symbol, ZERO) - promised

    def tick(self) -> datetime:
        """The time, no two moments alike."""
        self.ticks += 1
        return self.now() + timedelta(microseconds=self.ticks)

    def tell(self, event: str, order: Order, **more: Any) -> None:
        """What the stream says of ``order`` now."""
        self.emit({"event": event, "timestamp": utc_text(self.tick()), "order": order.json(), **more})


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
