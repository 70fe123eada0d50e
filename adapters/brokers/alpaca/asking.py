"""What the house asks of Alpaca, request by request; lists are followed to their last page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from alpaca.common.enums import Sort
from alpaca.trading.enums import OrderSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    OrderRequest,
)

from adapters.brokers.alpaca.line import Declined, Line
from adapters.brokers.alpaca.wire import (
    WireAccount,
    WireClock,
    WireFill,
    WireOrder,
    read_account,
    read_clock,
    read_fills,
    read_order,
    read_orders,
    read_positions,
)
from adapters.ports import BrokerSilent, OrderTicket
from policy.contracts import utc_text

ORDERS_A_PAGE = 500
FILLS_A_PAGE = 100
_NOT_FOUND = 404
_FILLS = "/account/activities/FILL"
_TICK = timedelta(microseconds=1)
_MOST_PAGES = 200


@dataclass(frozen=True)
class Asking:
    """Every request over ``line``. Orders and cancels raise as the line does; where something is to be shown,
    a refusal is ``BrokerSilent``, too."""

    line: Line
    orders_a_page: int = ORDERS_A_PAGE
    fills_a_page: int = FILLS_A_PAGE

    def submit(self, ticket: OrderTicket) -> WireOrder:
        """Hand in an order, good for the day, under our own id of it."""
        return read_order(self.line.submit_order(_request(ticket)))

    def cancel(self, external_order_id: str) -> None:
        """Ask for the end of an order."""
        self.line.cancel_order_by_id(external_order_id)

    def by_id(self, external_order_id: str) -> WireOrder | None:
        """An order by the broker's id; None when it has no such order."""
        return _found(partial(self.line.get_order_by_id, external_order_id))

    def by_client_id(self, client_order_id: UUID) -> WireOrder | None:
        """An order by our own id; None when the broker has no such order now."""
        return _found(partial(self.line.get_order_by_client_id, str(client_order_id)))

    def open_orders(self) -> list[WireOrder]:
        """Every order at work."""
        return self._orders(QueryOrderStatus.OPEN, None)

    def ended_orders(self, submitted_since: datetime) -> list[WireOrder]:
        """Every order that was handed in since then and has ended."""
        return self._orders(QueryOrderStatus.CLOSED, submitted_since - _TICK)

    def fills(self, since: datetime) -> Iterator[WireFill]:
        """Every fill since then, oldest first."""
        token: str | None = None
        for _ in range(_MOST_PAGES):
            page = self._fills(since, token)
            yield from page
            if len(page) < self.fills_a_page:
                return
            token = page[-1].id
        raise BrokerSilent("the broker's list of fills does not end; nothing of it counts")

    def positions(self) -> dict[str, Decimal]:
        """Shares by symbol, less than nothing where short."""
        found = read_positions(_shown("its positions", self.line.get_all_positions))
        return {one.symbol: one.shares for one in found if one.shares}

    def account(self) -> WireAccount:
        """The account's dollars and flags."""
        return read_account(_shown("its account", self.line.get_account))

    def clock(self) -> WireClock:
        """The broker's time and whether its market is open."""
        return read_clock(_shown("its clock", self.line.get_clock))

    def _fills(self, since: datetime, token: str | None) -> list[WireFill]:
        asked = {"after": utc_text(since), "direction": "asc", "page_size": str(self.fills_a_page)}
        asked |= {"page_token": token} if token else {}
        return read_fills(_shown("its fills", partial(self.line.get, _FILLS, asked)))

    def _orders(self, status: QueryOrderStatus, after: datetime | None) -> list[WireOrder]:
        """All pages. The list goes by time of submission, so each page begins a tick before the last
        order of the one before: orders of the same moment may lie on both."""
        found: dict[str, WireOrder] = {}
        for _ in range(_MOST_PAGES):
            page = self._page(status, after)
            new = [order for order in page if order.id not in found]
            found |= {order.id: order for order in page}
            if len(page) < self.orders_a_page:
                return list(found.values())
            if not new:
                break
            after = page[-1].submitted_at - _TICK
        raise BrokerSilent("the broker's list of orders does not come to an end; nothing of it counts")

    def _page(self, status: QueryOrderStatus, after: datetime | None) -> list[WireOrder]:
        asked = GetOrdersRequest(
            status=status, limit=self.orders_a_page, after=after, direction=Sort.ASC, nested=False
        )
        return read_orders(_shown("its orders", partial(self.line.get_orders, asked)))


def _request(ticket: OrderTicket) -> OrderRequest:
    """Alpaca's request for ``ticket``. alpaca-py keeps numbers as floats: whole shares below 10**9 and
    prices in cents below 10**7 dollars, which tickets have, come back as they were."""
    terms = {
        "symbol": ticket.symbol,
        "qty": float(ticket.qty),
        "side": OrderSide.BUY if ticket.side == "BUY" else OrderSide.SELL,
        "time_in_force": TimeInForce.DAY,
        "client_order_id": str(ticket.client_order_id),
    }
    if ticket.limit_price is None:
        return MarketOrderRequest(**terms)
    return LimitOrderRequest(**terms, limit_price=float(ticket.limit_price))


def _found(ask: Callable[[], Any]) -> WireOrder | None:
    """An order that may not be there."""
    try:
        return read_order(ask())
    except Declined as declined:
        if declined.status == _NOT_FOUND:
            return None
        raise _hidden("an order", declined) from declined


def _shown(what: str, ask: Callable[[], Any]) -> Any:
    """What is asked for; a broker that declines to show it says as little as a silent one."""
    try:
        return ask()
    except Declined as declined:
        raise _hidden(what, declined) from declined


def _hidden(what: str, declined: Declined) -> BrokerSilent:
    return BrokerSilent(f"the broker declined to show {what}: {declined}")
