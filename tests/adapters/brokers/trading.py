"""A paper broker on a market that a test plays by hand, and the words in which its tests speak."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from adapters.brokers.paper.broker import PaperBroker
from adapters.brokers.paper.faults import NO_FAULTS, Faults
from adapters.brokers.paper.models import Models
from adapters.brokers.paper.venue import Venue
from adapters.market.player import PlayerClock
from adapters.ports import BrokerMessage, OrderTicket
from policy.contracts import Action, Quote
from policy.order_contracts import OrderType
from policy.permits import _SEAL, OrderPermit
from policy.ports import derived_id

CASH = Decimal(100_000)
MONDAY = date(2012, 6, 18)
OPENS = datetime(2012, 6, 18, 13, 30, tzinfo=UTC)
HOURS = {"open": 0, "morning": 1, "midday": 3, "afternoon": 4, "late": 5, "close": 6}
START = OPENS - timedelta(days=7)
PLENTY = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    session: date
    moment: str
    quotes: tuple[Quote, ...]


def moment_at(moment: str, day: int = 0) -> datetime:
    """When ``moment`` is, ``day`` days after Monday."""
    return OPENS + timedelta(days=day, hours=HOURS[moment], seconds=30)


def quote(symbol: str = "IBM", bid: str = "99.90", ask: str = "100.00") -> Quote:
    return Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=OPENS)


def number(order: int) -> UUID:
    """The client_order_id of the test's ``order``-th order."""
    return derived_id("client-order", order)


def ticket(
    order: int = 1,
    side: Action = "BUY",
    qty: str | int = 100,
    limit: str | None = None,
    symbol: str = "IBM",
) -> OrderTicket:
    kind: OrderType = "LIMIT" if limit else "MARKET"
    return OrderTicket(number(order), symbol, side, Decimal(qty), kind, Decimal(limit) if limit else None)


def permit(of: OrderTicket, **differing: Any) -> OrderPermit:
    """Leave to hand in exactly ``of`` until long after the test."""
    told: dict[str, Any] = {
        "permit_id": derived_id("permit", of.client_order_id),
        "order_id": derived_id("order", of.client_order_id),
        "client_order_id": of.client_order_id,
        "kind": "signal",
        "signal_id": derived_id("signal", of.client_order_id),
        "symbol": of.symbol,
        "side": of.side,
        "qty": of.qty,
        "expires_at": OPENS + timedelta(days=365),
    }
    return OrderPermit(**(told | differing), seal=_SEAL)


@dataclass
class Exchange:
    """What the test's market answers; change it between steps."""

    volume: Decimal = PLENTY
    prices: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    is_open: bool = True

    def venue(self) -> Venue:
        return Venue(
            symbols=frozenset({"IBM", "MSFT"}),
            session_at=lambda at: at.date() if self.is_open else None,
            price=self._price,
            volume=lambda _symbol, _session, _moment: self.volume,
        )

    def _price(self, symbol: str, side: Action) -> Decimal | None:
        if symbol not in self.prices:
            return None
        bid, ask = self.prices[symbol]
        return ask if side == "BUY" else bid


class Pit:
    """The broker, the exchange and the clock of one test; ``reopen`` is a restart of the broker."""

    def __init__(
        self, store: Engine, faults: Faults = NO_FAULTS, models: Models | None = None, cash: Decimal = CASH
    ) -> None:
        self._opening = {"cash": cash, "faults": faults, "models": models}
        self._store = store
        self.clock = PlayerClock(START)
        self.exchange = Exchange()
        self.heard_until = 0
        self.reopen()

    def reopen(self) -> None:
        self.broker = PaperBroker(self._store, self.clock, self.exchange.venue(), **self._opening)

    def step(self, moment: str, *quotes: Quote, day: int = 0, volume: Decimal | None = None) -> bool:
        """Move clock and prices on, then let the broker trade; whether that concerned it."""
        at = moment_at(moment, day)
        self.clock.jump(at)
        self.exchange.prices |= {one.symbol: (one.bid, one.ask) for one in quotes}
        if volume is not None:
            self.exchange.volume = volume
        return self.broker.trade(Step(at, MONDAY + timedelta(days=day), moment, quotes))

    def submit(self, order: OrderTicket) -> OrderTicket:
        self.broker.submit(permit(order), order)
        return order

    def news(self) -> list[BrokerMessage]:
        """What was told since the last time the test listened."""
        messages = self.broker.heard(self.heard_until)
        self.heard_until = messages[-1].number if messages else self.heard_until
        return list(messages)

    def words(self) -> list[str]:
        return [message.word.value for message in self.news()]

    def everything(self) -> tuple[Sequence[BrokerMessage], Any]:
        """All that was ever told, and all that the broker's account holds."""
        return self.broker.heard(0), self.broker.account(START)


def filled(messages: Sequence[BrokerMessage]) -> list[tuple[Decimal | None, Decimal | None, Decimal | None]]:
    """Shares, price and commission of the fills among ``messages``."""
    return [(one.qty, one.price, one.commission) for one in messages if one.word == "filled"]
