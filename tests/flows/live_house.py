"""A live house on stand-ins and a driven clock: the words in which its tests speak."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from adapters.execution.bookkeeping import CASH, held
from adapters.execution.tables import fills
from adapters.listener import LISTENING
from adapters.market.calendar import TradingCalendar
from adapters.market.closing.filling import HISTORY
from adapters.market.steps import moments
from adapters.settings import STORE_FILE, Settings
from adapters.storage.database import open_store
from adapters.storage.packs import ChosenPacks, FrozenPacks
from adapters.wiring.house import House
from adapters.wiring.live.house import Live, live_house
from adapters.wiring.live.running import moving
from adapters.wiring.phases import begin, phase_packs
from policy.contracts import EventType, ReviewStatus
from policy.packs import PackLoader
from policy.rollout.phases import Phase
from policy.shelf import Shelf
from policy.store import reading
from policy.tables import outbox, policy_evaluations
from tests.adapters.brokers.alpaca_stand_in.server import StandIn, standing_in
from tests.adapters.market.alpaca_stand_in.server import KEY, SECRET, MarketStandIn, market_standing_in

FULL_DAY, HALF_DAY = date(2012, 6, 5), date(2012, 7, 3)
SYMBOLS = ("AAPL", "IBM", "MSFT")
SOON = 20.0
CASH_AT_START = Decimal(1_000_000)


class DrivenClock:
    """Stands where the test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Street:
    """The market behind the stand-in: a price for each symbol, moved by the test."""

    def __init__(self, alpaca: MarketStandIn, clock: DrivenClock, day: date) -> None:
        self.alpaca, self.clock = alpaca, clock
        self.prices = dict.fromkeys(SYMBOLS, Decimal("30.00"))
        self.silent = False
        [self.session] = TradingCalendar().between(day, day)
        self._history(day)

    def _history(self, day: date) -> None:
        """A year in which AAPL has just broken out of its range, and the others have wandered."""
        sessions = list(TradingCalendar().between(day - HISTORY, day - timedelta(days=1)))
        for symbol in SYMBOLS:
            dice, closes = Random(symbol), []
            for number in range(len(sessions)):
                drift = number * (0.02 if symbol == "AAPL" else 0.0)
                closes.append(round(Decimal(25 + drift + dice.random() * 0.6), 2))
            if symbol == "AAPL":
                closes[-1] = max(closes[-21:]) + Decimal("0.25")
            for session, close in zip(sessions, closes, strict=True):
                self.alpaca.day(symbol, session.day, close, volume=9_000_000, spread="0.20")
            self.prices[symbol] = closes[-1]

    def quote(self) -> None:
        """Every symbol is quoted a second ago; a minute of trades ends for each."""
        if self.silent:
            return
        at = self.clock.now() - timedelta(seconds=1)
        for symbol, price in self.prices.items():
            cent = Decimal("0.01")
            self.alpaca.quote(symbol, price - cent, price + cent, at)
        self._minutes()

    def _minutes(self) -> None:
        minute = self.clock.now().replace(second=0, microsecond=0)
        if self.clock.now().second == 59 and self.session.opens <= minute < self.session.closes:
            for symbol, price in self.prices.items():
                self.alpaca.minute(symbol, minute - timedelta(minutes=1), price, 50_000)


class LiveDay:
    """A live house in the test's hands: time moves by steps, quotes come by stream, orders fill at once."""

    def __init__(
        self,
        home: Path,
        day: date,
        *,
        broker: str,
        phase: Phase,
        database: str | None = None,
        opens: bool = True,
    ) -> None:
        """Without ``opens`` there is no house until ``open``."""
        self._opens, self._stack = opens, ExitStack()
        [session] = TradingCalendar().between(day, day)
        self.session = session
        self.clock = DrivenClock(session.opens - timedelta(minutes=20))
        self.alpaca = self._stack.enter_context(market_standing_in(self.clock.now))
        self.street = Street(self.alpaca, self.clock, day)
        self.account: StandIn | None = None
        if broker == "alpaca-paper":
            self.account = self._stack.enter_context(standing_in(self.clock.now))
            self.account.account.cash = CASH_AT_START
        self.settings = settings_for(home, self.alpaca, self.account)
        if database is not None:
            self.settings = self.settings.model_copy(update={"database_url": SecretStr(database)})
        begin_in_phase(self.settings, phase, self.clock)
        self.live: Live | None = None
        self.seen_visits = 0

    def __enter__(self) -> "LiveDay":
        if self._opens:
            self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._stack.close()

    def open(self, *, listening: bool = True) -> Live:
        """The house starts, and listens."""
        self._house = ExitStack()
        self.live = self._house.enter_context(live_house(self.settings, self.clock))
        if not listening:
            return self.live
        visits = self.alpaca.stream.visits
        self.live.market.source.start()
        self._house.callback(self.live.market.source.stop)
        self.alpaca.stream.wait_for_a_listener(visits + 1)
        until(lambda: self.live.market.source.state == LISTENING)
        return self.live

    def try_with(self, other: dict[str, Any]) -> None:
        """Start with other settings, and end again."""
        with live_house(self.settings.model_copy(update=other), self.clock):
            pass

    def shut(self) -> None:
        """The house ends; the market and the broker go on."""
        if self.live is not None:
            self.live = None
            self._house.close()

    def play(self, to: datetime, *, every_tick: bool = False) -> None:
        """Time passes up to ``to``: the house takes every step, or those with a name and the ticks after."""
        while (due := self.live.pacer.status.next).at <= to:
            if every_tick or due.moment != "tick" or due.at == to or self.wanted(due.at):
                self.take(due.at)
            else:
                self.clock.at = due.at + timedelta(seconds=46)
                self.live.pacer._due(self.clock.now())
        self.clock.at = max(self.clock.at, to)

    def wanted(self, at: datetime) -> bool:
        """The ticks right after a moment, at which what was ordered is filled."""
        return any(timedelta(0) < at - moment <= timedelta(minutes=2) for moment in self._named())

    def take(self, at: datetime) -> None:
        """One step: quotes a second before it, the step a little after its time, fills after that."""
        self.clock.at = max(self.clock.at, at - timedelta(milliseconds=200))
        self.street.quote()
        self.listen()
        self.clock.at = max(self.clock.at, at + timedelta(milliseconds=20))
        self.live.pacer.turn()
        self.trade()

    def listen(self) -> None:
        """What the market said by now is on the board."""
        wanted = {symbol: told["t"] for symbol, told in self.alpaca.latest.items()}

        def heard() -> bool:
            self.live.feed.turn()
            board = self.live.market.board
            return all(
                (quote := board.latest(symbol)) is not None and quote.at >= datetime.fromisoformat(at)
                for symbol, at in wanted.items()
            )

        if self.clock.now() >= self.session.opens + timedelta(seconds=1) and not self.street.silent:
            until(heard)

    def idle(self, at: datetime) -> None:
        """So late it is; the feed has looked, and the house does what is due."""
        self.clock.at = at
        self.live.feed._fill_at = 0.0
        self.live.feed.turn()
        self.live.pacer.turn()

    def trade(self) -> None:
        """The venue fills every order that works, at the price of the street; the house hears of it."""
        if not self.trade_at_broker():
            return
        self.clock.at += timedelta(seconds=6)
        house = self.live.house
        self.live.pacer.between_steps(house.execution.reconcile)
        house.portfolio.catch_up(self.clock.now())

    def trade_at_broker(self) -> int:
        """The venue fills every order that works, and the house is not told by us; how many."""
        working = self._open_orders()
        for order in working:
            self.account.account.fill(order.client_order_id, order.qty, self.street.prices[order.symbol])
        return len(working)

    def plain_settings(self) -> dict[str, Any]:
        """The house's settings for another process, secrets readable."""
        told = self.settings.model_dump(mode="json", exclude_unset=True)
        return {**told, "alpaca_key_id": KEY, "alpaca_secret": SECRET}

    def approve_all(self) -> int:
        """A person approves whatever waits; the house follows."""
        house = self.live.house
        waiting = house.policy.reviews.listed(ReviewStatus.PENDING, None, 100)
        for review in waiting:
            house.policy.reviews.approve(review.review_id, "ada", "looked at")
        house.relay.pump()
        return len(waiting)

    def facts(self) -> dict[str, Any]:
        """As ``facts_of``."""
        return facts_of(self.live.house)

    def events(self, kind: str) -> list[Any]:
        """The events of one kind in the outbox."""
        with reading(self.live.house.store) as connection:
            return list(connection.execute(select(outbox).where(outbox.c.type == kind)))

    def at_broker(self) -> dict[str, Any]:
        """The stand-in's books: what was sent, by side and symbol, and what is held there."""
        account = self.account.account
        sent = [(one.symbol, one.side) for one in account.orders.values()]
        return {"sent": sent, "posts": len(account.posts), "held": dict(account.positions)}

    def _open_orders(self) -> list[Any]:
        if self.account is None:
            return []
        return [one for one in self.account.account.orders.values() if one.status in ("new", "accepted")]

    def _named(self) -> Iterator[datetime]:
        return (at for _, at in moments(self.session))


def facts_of(house: House) -> dict[str, Any]:
    """What is on record: signals, decisions, orders, fills, and what is held."""
    listed = house.execution.listed(state=None, before=None, limit=100)
    placed = [one for _, one in reversed(listed)]
    first = policy_evaluations.c.purpose.is_(None)
    with reading(house.store) as connection:
        kind = outbox.c.type == EventType.SIGNAL_CREATED.value
        signals = connection.execute(select(outbox.c.event_id).where(kind)).all()
        verdicts = connection.scalars(select(policy_evaluations.c.verdict).where(first)).all()
        booked = connection.execute(select(fills.c.execution_id)).all()
        shares = {
            name: str(qty.normalize()) for name, qty in held(connection).items() if name != CASH and qty
        }
    return {
        "signals": len(signals),
        "verdicts": sorted(verdicts),
        "orders": [[one.symbol, one.side, one.state_detail.value, str(int(one.cum_qty))] for one in placed],
        "fills": len(booked),
        "held": shares,
    }


def settings_for(home: Path, market: MarketStandIn, broker: StandIn | None) -> Settings:
    """Settings that point at the stand-ins and at nothing else."""
    further = {} if broker is None else {"broker": "alpaca-paper", "alpaca_url": broker.url}
    return Settings(
        home=home,
        market="alpaca",
        symbols=",".join(SYMBOLS),
        alpaca_key_id=KEY,
        alpaca_secret=SECRET,
        alpaca_data_url=market.url,
        alpaca_stream_url=market.stream_url,
        starting_cash=CASH_AT_START,
        **further,
    )


def begin_in_phase(settings: Settings, phase: Phase, clock: DrivenClock) -> None:
    """A store that begins in ``phase``, with its packs, where there is none yet."""
    if (settings.home / STORE_FILE).exists():
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url())
    library = ChosenPacks(FrozenPacks(settings.rules), (), phase_packs(settings, store, phase))
    begin(store, Shelf(store, PackLoader(library), clock), clock, phase)
    store.dispose()


def until(holds: Any, seconds: float = SOON) -> None:
    """Wait until what another thread does has been done."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        threading.Event().wait(0.002)


@contextmanager
def live_day(home: Path, day: date = FULL_DAY, **how: Any) -> Iterator[LiveDay]:
    """A day that is about to begin."""
    with LiveDay(home, day, **{"broker": "paper", "phase": Phase.PAPER} | how) as opened:
        yield opened


@contextmanager
def moving_by_itself(day: LiveDay) -> Iterator[None]:
    """The threads of a house at work, while the test moves the clock and the market."""
    day.open(listening=False)
    visits = day.alpaca.stream.visits
    with moving(day.live):
        day.alpaca.stream.wait_for_a_listener(visits + 1)
        yield
