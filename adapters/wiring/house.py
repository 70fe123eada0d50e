"""One played house: market, features, strategies, book, policy and events in one process.

``House`` names the parts and ``build_house`` puts them together. What happens at each step is told
in ``flow.py``; where a run starts and ends in ``journey.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from adapters.events.bus import Bus
from adapters.events.relay import Relay
from adapters.features.history import FeatureHistory
from adapters.market.blackouts import read_blackout_days
from adapters.market.board import QuoteBoard
from adapters.market.calendar import TradingCalendar
from adapters.market.context import MarketGauge
from adapters.market.player import PlayerClock
from adapters.market.sample import load_bars, with_twin
from adapters.market.tape import Tape
from adapters.portfolio.book import Book
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
from policy.ports import HouseContexts, PackLibrary
from policy.service import PolicyService, build_policy


@dataclass(frozen=True)
class Recording:
    """What was, read once: bars, sessions, features, and the scenario that is played over them."""

    tape: Tape
    calendar: TradingCalendar
    features: FeatureHistory
    scenario: Scenario


@dataclass(frozen=True)
class Contexts:
    """Implements ``policy.ports.ContextSource`` on the house's own market and book."""

    market: MarketGauge
    book: Book

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        """Both sides as of ``at``; one that cannot be measured is None."""
        return HouseContexts(self.market.measure(symbol, at), self.book.measure(symbol, at, action))


@dataclass(frozen=True)
class House:
    """Every part of a played house."""

    store: Engine
    recording: Recording
    clock: PlayerClock
    board: QuoteBoard
    book: Book
    desk: Desk
    policy: PolicyService
    relay: Relay


def read_recording(settings: Settings) -> Recording:
    """The sample bars with the named scenario; takes a few seconds."""
    calendar = TradingCalendar()
    scenario = calm_history_with_faults(settings.scenario_seed)
    bars = with_twin(load_bars(calendar), scenario.unlisted_symbol, of=scenario.twin_of)
    return Recording(Tape(bars), calendar, FeatureHistory(bars), scenario)


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
    returns = recording.features.return_window
    board = QuoteBoard.from_state(resumed.state["board"]) if resumed else QuoteBoard()
    cash = settings.starting_cash
    book = Book.from_state(resumed.state["book"], returns) if resumed else Book.with_cash(returns, cash)
    gauge = MarketGauge(board, recording.calendar, read_blackout_days(), recording.features.liquidity)
    contexts = Contexts(gauge, book)
    policy = build_policy(store, clock, recording.calendar, contexts, library)
    bus = Bus()
    bus.subscribe(EventType.SIGNAL_CREATED, SignalHandler(policy.evaluation, contexts, recording.scenario))
    bus.subscribe(EventType.DECISION_MADE, partial(_approvals_wait, book))
    relay = Relay(store, bus)
    return House(store, recording, clock, board, book, _desk(recording, board), policy, relay)


def _desk(recording: Recording, board: QuoteBoard) -> Desk:
    scenario = recording.scenario
    strategies = (Trend(), MeanReversion(), Fake(scenario.seed, scenario.fake_rates))
    return Desk(strategies, recording.tape.symbols, board.latest, recording.features.snapshot)


def _approvals_wait(book: Book, events: Sequence[Event]) -> None:
    """Handler of ``policy.decision.made``: approvals wait in ``book`` for the next open."""
    for event in events:
        book.accept(Decision.model_validate_json(canonical(event.data)))
