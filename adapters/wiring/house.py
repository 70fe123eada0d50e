"""One played house: market, features, strategies, policy, execution, broker, portfolio in one process.

``House`` names the parts and ``build_house`` puts them together. What happens at each step is told
in ``cast.py``; where a run starts and ends in ``journey.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from sqlalchemy import Engine

from adapters.brokers.paper.broker import PaperBroker
from adapters.brokers.paper.faults import Faults
from adapters.brokers.paper.venue import Venue
from adapters.events.bus import Bus
from adapters.events.relay import Relay
from adapters.execution.bookkeeping import Journal
from adapters.execution.parts import Parts
from adapters.execution.service import Execution
from adapters.features.history import FeatureHistory
from adapters.market.blackouts import read_blackout_days
from adapters.market.board import QuoteBoard
from adapters.market.calendar import TradingCalendar
from adapters.market.context import MarketGauge
from adapters.market.player import PlayerClock
from adapters.market.sample import load_bars, with_twin
from adapters.market.tape import Tape
from adapters.market.volume import StepVolumes
from adapters.portfolio.service import Portfolio
from adapters.settings import Settings
from adapters.storage.checkpoints import Checkpoint
from adapters.strategy.desk import Desk
from adapters.strategy.fake import Fake
from adapters.strategy.mean_reversion import MeanReversion
from adapters.strategy.scenario import Scenario, calm_history_with_faults
from adapters.strategy.trend import Trend
from policy.canonical import canonical
from policy.contracts import Action, Decision, Event, EventType
from policy.handlers import SignalHandler
from policy.permits import Permits
from policy.ports import HouseContexts, PackLibrary
from policy.service import PolicyService, build_policy

CHAIN = "main"
"""The one process's chain of the audit log."""


@dataclass(frozen=True)
class Recording:
    """What was, read once: bars, sessions, features, and the scenario that is played over them."""

    tape: Tape
    volumes: StepVolumes
    calendar: TradingCalendar
    features: FeatureHistory
    scenario: Scenario


@dataclass(frozen=True)
class Contexts:
    """Implements ``policy.ports.ContextSource`` on the house's own market and portfolio."""

    market: MarketGauge
    portfolio: Portfolio

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        """Both sides as of ``at``; one that cannot be measured is None."""
        return HouseContexts(self.market.measure(symbol, at), self.portfolio.measure(symbol, at, action))


@dataclass(frozen=True, slots=True)
class BoardMarket:
    """Implements ``adapters.ports.Market`` on the house's own quotes and calendar."""

    board: QuoteBoard
    calendar: TradingCalendar

    def reference_price(self, symbol: str, side: Action) -> Decimal | None:
        """The last quote's ask for a BUY, its bid for a SELL, in dollars; None before the first quote."""
        quote = self.board.latest(symbol)
        if quote is None:
            return None
        return quote.ask if side == "BUY" else quote.bid

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at ``at``."""
        return self.calendar.is_open(at)

    def session_day(self, at: datetime) -> date | None:
        """The day of the session that is open at ``at``; None outside sessions."""
        session = self.calendar.session_at(at)
        return session.day if session is not None else None


@dataclass(frozen=True)
class House:
    """Every part of a played house."""

    store: Engine
    recording: Recording
    clock: PlayerClock
    board: QuoteBoard
    portfolio: Portfolio
    desk: Desk
    policy: PolicyService
    broker: PaperBroker
    execution: Execution
    relay: Relay


def read_recording(settings: Settings) -> Recording:
    """The sample bars with the named scenario; takes a few seconds."""
    calendar = TradingCalendar()
    scenario = calm_history_with_faults(settings.scenario_seed)
    bars = with_twin(load_bars(calendar), scenario.unlisted_symbol, of=scenario.twin_of)
    volumes = StepVolumes(bars, scenario.tradable_share)
    return Recording(Tape(bars), volumes, calendar, FeatureHistory(bars), scenario)


def build_house(
    settings: Settings,
    store: Engine,
    library: PackLibrary,
    recording: Recording,
    start: datetime,
    resumed: Checkpoint | None,
) -> House:
    """A house that stands at ``start``, or where ``resumed`` left off."""
    clock = PlayerClock(resumed.at if resumed else start)
    board = QuoteBoard.from_state(resumed.state["board"]) if resumed else QuoteBoard()
    portfolio = _portfolio(settings, store, recording, resumed)
    gauge = MarketGauge(board, recording.calendar, read_blackout_days(), recording.features.liquidity)
    contexts = Contexts(gauge, portfolio)
    policy = build_policy(store, clock, recording.calendar, contexts, library, CHAIN)
    market = BoardMarket(board, recording.calendar)
    broker = _broker(settings, store, clock, market, recording)
    permits = Permits(clock, contexts, policy.loader, CHAIN)
    execution = Execution(Parts(store, clock, market, portfolio, permits, broker, settings.starting_cash))
    bus = Bus()
    bus.subscribe(EventType.SIGNAL_CREATED, SignalHandler(policy.evaluation, contexts, recording.scenario))
    bus.subscribe(EventType.DECISION_MADE, partial(_approvals_are_followed, execution, portfolio, clock))
    desk, relay = _desk(recording, board), Relay(store, bus)
    return House(store, recording, clock, board, portfolio, desk, policy, broker, execution, relay)


def _portfolio(
    settings: Settings, store: Engine, recording: Recording, resumed: Checkpoint | None
) -> Portfolio:
    journal, returns = Journal(store), recording.features.return_window
    if resumed is None:
        return Portfolio(store, journal, returns, settings.starting_cash)
    return Portfolio.from_state(resumed.state["portfolio"], store, journal, returns)


def _broker(
    settings: Settings, store: Engine, clock: PlayerClock, market: BoardMarket, recording: Recording
) -> PaperBroker:
    """The paper broker on the played market, stumbling as the scenario says."""
    scenario = recording.scenario
    venue = Venue(
        symbols=frozenset(recording.tape.symbols),
        session_at=market.session_day,
        price=market.reference_price,
        volume=recording.volumes,
    )
    faults = Faults(scenario.seed, scenario.broker_faults)
    return PaperBroker(store, clock, venue, settings.starting_cash, faults=faults)


def _desk(recording: Recording, board: QuoteBoard) -> Desk:
    scenario = recording.scenario
    strategies = (Trend(), MeanReversion(), Fake(scenario.seed, scenario.fake_rates))
    return Desk(strategies, recording.tape.symbols, board.latest, recording.features.snapshot)


def _approvals_are_followed(
    execution: Execution, portfolio: Portfolio, clock: PlayerClock, events: Sequence[Event]
) -> None:
    """Handler of ``policy.decision.made``: the house's own approvals become orders by themselves."""
    execution.follow([Decision.model_validate_json(canonical(event.data)) for event in events])
    portfolio.catch_up(clock.now())
