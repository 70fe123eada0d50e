"""One house: market, features, strategies, policy, execution, broker, portfolio in one process.

``House`` names the parts and ``build_house`` puts them together. What happens at each step is told
in ``cast.py``; where a run starts and ends in ``journey.py``.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from adapters.events.bus import Bus
from adapters.events.relay import Relay
from adapters.execution.bookkeeping import Journal
from adapters.execution.controls.limits_file import read_limits
from adapters.execution.parts import Parts
from adapters.execution.service import Execution
from adapters.market.board import QuoteBoard
from adapters.market.context import MarketGauge
from adapters.market.intake import Intake
from adapters.market.player import PlayerClock
from adapters.market.steps import Step
from adapters.portfolio.service import Portfolio
from adapters.ports import Broker
from adapters.settings import Settings
from adapters.storage.checkpoints import Checkpoint
from adapters.strategy.desk import Desk
from adapters.wiring.blackouts import read_blackouts
from adapters.wiring.house_facts import Books
from adapters.wiring.inspecting import played_door
from adapters.wiring.parts import Contexts, QuotedMarket, Recording, paper_broker, strategy_desk
from adapters.wiring.reasoning import Reasons, reasons_of
from adapters.wiring.scene import Board, Scene, Seated, Stage
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
    """Every part of a house, played or live; ``trade`` lets orders meet a step where that is ours to do."""

    store: Engine
    recording: Scene
    clock: Clock
    board: Board
    portfolio: Portfolio
    desk: Desk
    policy: PolicyService
    broker: Broker
    execution: Execution
    relay: Relay
    trade: Callable[[Step], object]
    intake: Intake
    let_in: Callable[[Step], Step]
    reasons: Reasons
    connections: ExitStack
    """What the reasoner holds open."""

    def stop(self) -> None:
        """Finish what was accepted and let go of every connection."""
        self.policy.stop()
        self.connections.close()


def build_house(
    settings: Settings,
    store: Engine,
    library: PackLibrary,
    recording: Recording,
    start: datetime,
    resumed: Checkpoint | None,
    real: Clock | None = None,
) -> House:
    """A played house that stands at ``start``, or where ``resumed`` left off.

    ``real`` is the clock by which people wait; without it, as in a replay, there is the player's alone.
    Raises ``UnsafeSettings`` where a model is to reason and none is named.
    """
    clock = PlayerClock(resumed.at if resumed else start)
    board = QuoteBoard.from_state(resumed.state["board"]) if resumed else QuoteBoard()
    gauge = MarketGauge(
        board, recording.calendar, read_blackouts(settings, recording.calendar), recording.features.liquidity
    )

    def seat(market: QuotedMarket) -> Seated:
        broker = paper_broker(settings, store, clock, market, recording)
        return Seated(broker, broker.trade)

    door = played_door(settings, store, clock, recording, board.all())
    stage = Stage(recording, board, gauge, clock, resumed, real, intake=door.intake, let_in=door.through)
    return house_on(stage, settings, store, library, seat)


def players_clock(house: House) -> PlayerClock:
    """The clock of a played house, which its player moves; raises TypeError for a live one."""
    if not isinstance(house.clock, PlayerClock):
        raise TypeError("a live house goes by the real clock; no player moves it")
    return house.clock


def house_on(
    stage: Stage,
    settings: Settings,
    store: Engine,
    library: PackLibrary,
    seat: Callable[[QuotedMarket], Seated],
) -> House:
    """The house on ``stage``, played or live; ``seat`` gives the broker for its market."""
    scene, board, clock = stage.scene, stage.board, stage.clock
    portfolio = _portfolio(settings, store, scene, stage.resumed)
    contexts = Contexts(stage.gauge, portfolio)
    market = QuotedMarket(board, scene.calendar, scene.tape.symbols)
    books = Books(portfolio, market)
    policy = build_policy(store, clock, scene.calendar, contexts, library, CHAIN, books)
    seated = seat(market)
    permits = Permits(clock, contexts, policy.loader, CHAIN, books)
    cash, limits = settings.starting_cash, read_limits(settings.rules)
    parts = Parts(store, clock, market, portfolio, permits, seated.broker, cash, limits)
    execution = Execution(parts, stage.real)
    connections = ExitStack()
    reasons = connections.enter_context(reasons_of(settings, store, clock, scene))
    bus = Bus()
    bus.subscribe(EventType.SIGNAL_CREATED, SignalHandler(policy.evaluation, contexts, reasons.house))
    bus.subscribe(EventType.DECISION_MADE, partial(_approvals_are_followed, execution, portfolio, clock))
    sizing = Sizing(store, limits, portfolio)
    desk, relay = strategy_desk(scene, board, sizing.fit), Relay(store, bus)
    return House(
        store,
        scene,
        clock,
        board,
        portfolio,
        desk,
        policy,
        seated.broker,
        execution,
        relay,
        seated.trade,
        stage.intake,
        stage.let_in,
        reasons,
        connections,
    )


def _portfolio(settings: Settings, store: Engine, scene: Scene, resumed: Checkpoint | None) -> Portfolio:
    journal, returns = Journal(store), scene.features.return_window
    if resumed is None:
        return Portfolio(store, journal, returns, settings.starting_cash)
    return Portfolio.from_state(resumed.state["portfolio"], store, journal, returns)


def _approvals_are_followed(
    execution: Execution, portfolio: Portfolio, clock: Clock, events: Sequence[Event]
) -> None:
    """Handler of ``policy.decision.made``: the house's own approvals become orders by themselves."""
    execution.follow([decision_of(event) for event in events])
    portfolio.catch_up(clock.now())


def decision_of(event: Event) -> Decision:
    """The decision that a ``policy.decision.made`` tells of."""
    return Decision.model_validate_json(canonical(event.data))
