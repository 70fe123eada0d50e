"""One played house: market, features, strategies, policy, execution, broker, portfolio in one process.

``House`` names the parts and ``build_house`` puts them together. What happens at each step is told
in ``cast.py``; where a run starts and ends in ``journey.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from adapters.brokers.paper.broker import PaperBroker
from adapters.events.bus import Bus
from adapters.events.relay import Relay
from adapters.execution.bookkeeping import Journal
from adapters.execution.controls.limits_file import read_limits
from adapters.execution.parts import Parts
from adapters.execution.service import Execution
from adapters.market.blackouts import read_blackout_days
from adapters.market.board import QuoteBoard
from adapters.market.context import MarketGauge
from adapters.market.player import PlayerClock
from adapters.portfolio.service import Portfolio
from adapters.settings import Settings
from adapters.storage.checkpoints import Checkpoint
from adapters.strategy.desk import Desk
from adapters.wiring.house_facts import Books
from adapters.wiring.parts import Contexts, QuotedMarket, Recording, paper_broker, strategy_desk
from adapters.wiring.sizing import Sizing
from policy.canonical import canonical
from policy.contracts import Decision, Event, EventType
from policy.handlers import SignalHandler
from policy.permits import Permits
from policy.ports import Clock, PackLibrary
from policy.service import PolicyService, build_policy

CHAIN = "main"
"""The one process's chain of the audit log."""


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


def build_house(
    settings: Settings,
    store: Engine,
    library: PackLibrary,
    recording: Recording,
    start: datetime,
    resumed: Checkpoint | None,
    real: Clock | None = None,
) -> House:
    """A house that stands at ``start``, or where ``resumed`` left off.

    ``real`` is the clock by which people wait; without it, as in a replay, there is the player's alone.
    """
    clock = PlayerClock(resumed.at if resumed else start)
    board = QuoteBoard.from_state(resumed.state["board"]) if resumed else QuoteBoard()
    portfolio = _portfolio(settings, store, recording, resumed)
    gauge = MarketGauge(board, recording.calendar, read_blackout_days(), recording.features.liquidity)
    contexts = Contexts(gauge, portfolio)
    market = QuotedMarket(board, recording.calendar, recording.tape.symbols)
    books = Books(portfolio, market)
    policy = build_policy(store, clock, recording.calendar, contexts, library, CHAIN, books)
    broker = paper_broker(settings, store, clock, market, recording)
    permits = Permits(clock, contexts, policy.loader, CHAIN, books)
    cash, limits = settings.starting_cash, read_limits(settings.rules)
    execution = Execution(Parts(store, clock, market, portfolio, permits, broker, cash, limits), real)
    bus = Bus()
    bus.subscribe(EventType.SIGNAL_CREATED, SignalHandler(policy.evaluation, contexts, recording.scenario))
    bus.subscribe(EventType.DECISION_MADE, partial(_approvals_are_followed, execution, portfolio, clock))
    sizing = Sizing(store, limits, portfolio)
    desk, relay = strategy_desk(recording, board, sizing.fit), Relay(store, bus)
    return House(store, recording, clock, board, portfolio, desk, policy, broker, execution, relay)


def _portfolio(
    settings: Settings, store: Engine, recording: Recording, resumed: Checkpoint | None
) -> Portfolio:
    journal, returns = Journal(store), recording.features.return_window
    if resumed is None:
        return Portfolio(store, journal, returns, settings.starting_cash)
    return Portfolio.from_state(resumed.state["portfolio"], store, journal, returns)


def _approvals_are_followed(
    execution: Execution, portfolio: Portfolio, clock: PlayerClock, events: Sequence[Event]
) -> None:
    """Handler of ``policy.decision.made``: the house's own approvals become orders by themselves."""
    execution.follow([decision_of(event) for event in events])
    portfolio.catch_up(clock.now())


def decision_of(event: Event) -> Decision:
    """The decision that a ``policy.decision.made`` tells of."""
    return Decision.model_validate_json(canonical(event.data))
