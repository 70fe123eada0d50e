"""A small real house: policy, execution, paper broker and portfolio on one store, moved by a test's hand."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from adapters.brokers.paper.broker import PaperBroker
from adapters.execution.bookkeeping import CASH, Journal, held
from adapters.execution.controls.limits import LimitsByPhase
from adapters.execution.controls.limits_file import read_limits
from adapters.execution.keys import Key
from adapters.execution.parts import Parts
from adapters.execution.reading import order_request
from adapters.execution.service import Execution
from adapters.portfolio.service import Portfolio
from policy.contracts import Action, Decision, MarketContext, Quote
from policy.order_contracts import OrderDetail, OrderView
from policy.permits import Permits
from policy.ports import HouseContexts
from policy.rollout.phases import Phase
from policy.service import build_policy
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.tripping import PERSON
from policy.store import reading
from tests.adapters.brokers.trading import Exchange, Step
from tests.adapters.execution.broken_line import BrokenLine
from tests.adapters.portfolio.journal import no_returns
from tests.policy.parts import DaySession, StillClock, Texts, proposal, signal_id

STARTING_CASH = Decimal(1_000_000)
SCOPE = "caller/local"
PRICES = {"IBM": ("99.90", "100.00"), "MSFT": ("29.98", "30.00")}


class ByHand:
    """The market as a test sets it: implements ``adapters.ports.Market`` and measures it for the rules."""

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.exchange = Exchange()
        self.last_quote = clock.now()
        self.closes = clock.now() + timedelta(hours=6)

    def reference_price(self, symbol: str, side: Action) -> Decimal | None:
        return self.exchange.venue().price(symbol, side)

    def is_open(self, _at: datetime) -> bool:
        return self.exchange.is_open

    def closes_at(self, _at: datetime) -> datetime | None:
        return self.closes if self.exchange.is_open else None

    def quoted_at(self, symbol: str) -> datetime | None:
        return self.last_quote if symbol in self.exchange.prices else None

    def last_quoted(self) -> datetime | None:
        return self.last_quote

    def measure(self, at: datetime) -> MarketContext:
        return MarketContext(
            data_age_seconds=(at - self.last_quote).total_seconds(),
            market_open=self.exchange.is_open,
            event_blackout_active=False,
            liquidity_score=0.9,
        )


class TradingHouse:
    """The house after its opening quotes: IBM at 99.90 to 100.00, MSFT at 29.98 to 30.00, a deep market."""

    def __init__(self, store: Engine, library: Texts | None = None, phase: Phase = Phase.DEVELOPMENT) -> None:
        self.store = store
        self.limits = limits_as_in(phase)
        self.clock = StillClock()
        self.market = ByHand(self.clock)
        self.policy = build_policy(store, self.clock, DaySession(), self, library or Texts())
        self.policy.shelf.stock()
        venue = self.market.exchange.venue()
        self.broker = BrokenLine(PaperBroker(store, self.clock, venue, STARTING_CASH))
        self.reopen()
        self.step(moment="open")

    def reopen(self) -> None:
        """A new process on the same store: only what is on record is known, the broker went on."""
        self.portfolio = Portfolio(self.store, Journal(self.store), no_returns, STARTING_CASH)
        permits = Permits(self.clock, self, self.policy.loader, "main")
        self.parts = Parts(
            self.store,
            self.clock,
            self.market,
            self.portfolio,
            permits,
            self.broker,
            STARTING_CASH,
            self.limits,
        )
        self.execution = Execution(self.parts)
        self.execution.first_look()

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        """Implements ``policy.ports.ContextSource``; nothing is known of returns, so nothing correlates."""
        book = self.portfolio.measure(symbol, at, action)
        return HouseContexts(self.market.measure(at), book and book.model_copy(update={"correlation": 0.1}))

    def step(self, moment: str = "midday", volume: int | None = None, **asks: str) -> None:
        """A minute later: new quotes, a spread of ten cents below each of ``asks``; the broker trades.

        ``volume`` is what trades in a step from then on, in shares; the broker takes a tenth of it.
        """
        self.clock.pass_by(minutes=1)
        at, day = self.clock.now(), date(2012, 6, 1)
        exchange, self.market.last_quote = self.market.exchange, at
        exchange.volume = exchange.volume if volume is None else Decimal(volume)
        prices = PRICES | {symbol: (str(Decimal(ask) - Decimal("0.10")), ask) for symbol, ask in asks.items()}
        quotes = tuple(
            Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=at)
            for symbol, (bid, ask) in sorted(prices.items())
        )
        exchange.prices |= {one.symbol: (one.bid, one.ask) for one in quotes}
        self.portfolio.follow(at, day, moment == "open", quotes)
        self.broker.inner.trade(Step(at, day, moment, quotes))
        self.hear()

    def hear(self) -> None:
        """The broker is listened to, and the portfolio follows."""
        self.execution.hear()
        self.portfolio.catch_up(self.clock.now())

    def reconcile(self, after: float = 6) -> list[str]:
        """Seconds later the books are compared; returns the kinds of repairs that were made."""
        self.clock.pass_by(seconds=after)
        repairs = self.execution.reconcile()
        self.hear()
        return [type(repair).__name__ for repair in repairs]

    def halt(
        self, scope: Scope = EVERYTHING, state: StopState = StopState.HALTED, *, exits: bool = True
    ) -> None:
        """A person trips a stop."""
        self.parts.stops.trip(scope, state, cause=PERSON, by="kim", note="a test", exits=exits)

    def decide(self, number: int = 1, **changes: Any) -> Decision:
        """What the rules say of a caller's proposal ``number`` for IBM, which flatters where it can."""
        [decision] = self.policy.evaluation.evaluate_batch([proposal(number, **{"symbol": "IBM"} | changes)])
        assert isinstance(decision, Decision)
        return decision

    def place(self, number: int = 1, key: str | None = None, **changes: Any) -> OrderView:
        """What becomes of the order for signal ``number``: ten shares of IBM bought, but for ``changes``."""
        request = order_request(json.dumps(order_body(number, **changes)).encode())
        answer = self.execution.place(Key(SCOPE, key or f"key {number}"), request)
        self.portfolio.catch_up(self.clock.now())
        return OrderView.model_validate_json(answer.text)

    def order(self, number: int = 1, **changes: Any) -> UUID:
        """Have signal ``number`` approved and place its order; returns the order's id."""
        deal = {name: changes[name] for name in ("symbol", "side") if name in changes}
        self.decide(number, **{{"side": "candidate_action"}.get(name, name): deal[name] for name in deal})
        return self.place(number, **changes).order_id

    def hold(self, number: int, symbol: str, qty: int) -> None:
        """Come to own ``qty`` shares of ``symbol``, by an order for signal ``number``."""
        self.order(number, symbol=symbol, qty=qty)
        self.step(moment="morning")
        with reading(self.store) as connection:
            assert held(connection)[symbol] >= qty

    def one(self, order_id: UUID) -> OrderDetail:
        return self.execution.one(order_id)

    def state(self, order_id: UUID) -> str:
        return self.one(order_id).state_detail.value

    def cash(self) -> dict[str, Decimal]:
        """Dollars, as each of the three books has them."""
        with reading(self.store) as connection:
            ours = STARTING_CASH + held(connection).get(CASH, Decimal(0))
        return {"house": ours, "broker": self._account().cash, "portfolio": self.portfolio.account.cash}

    def shares(self) -> dict[str, dict[str, Decimal]]:
        """Shares by symbol, as each of the three books has them."""
        with reading(self.store) as connection:
            ours = {name: amount for name, amount in held(connection).items() if name != CASH}
        positions = self.portfolio.account.positions
        followed = {symbol: one.qty for symbol, one in positions.items() if one.qty}
        return {"house": ours, "broker": dict(self._account().positions), "portfolio": followed}

    def books_agree(self) -> bool:
        """Whether house, broker and portfolio have the same cash and the same shares."""
        cash, shares = self.cash(), self.shares()
        return len(set(cash.values())) == 1 and shares["house"] == shares["broker"] == shares["portfolio"]

    def _account(self) -> Any:
        return self.broker.inner.account(self.clock.now() - timedelta(days=1))


def limits_as_in(phase: Phase, **changes: Any) -> LimitsByPhase:
    """Limits of every phase as in one, but for ``changes``: a house that never left development has them."""
    chosen = replace(read_limits(Path("rules"))[phase], **changes)
    return dict.fromkeys(Phase, chosen)


def order_body(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An order for signal ``number`` as it is posted: ten IBM bought at the market, but for ``changes``."""
    body: dict[str, Any] = {
        "signal_id": str(signal_id(number)),
        "symbol": "IBM",
        "side": "BUY",
        "qty": 10,
        "order_type": "LIMIT" if "limit_price" in changes else "MARKET",
    }
    return body | changes


def roomy_rules() -> Texts:
    """Rules that let one signal take the whole account, so that cash is what runs out."""
    library = Texts()
    text = library.frozen_text("trading-core", "1.0.0")
    assert "version: 1.0.0" in text
    assert "{value: 0.01," in text
    library.add(text.replace("version: 1.0.0", "version: 1.1.0").replace("{value: 0.01,", "{value: 1,"))
    library.shelf = {"callers": (("trading-core", "1.1.0"),), "house": (("trading-core", "1.1.0"),)}
    return library
