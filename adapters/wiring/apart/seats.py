"""Who sits where: the parts of every service apart, put together on their common ground."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from adapters.clock import SystemClock
from adapters.events.inbox import Once
from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.publisher import Publisher
from adapters.execution import api as orders_api
from adapters.execution.approvals import Approvals
from adapters.execution.bookkeeping import Journal
from adapters.execution.controls.limits_file import read_limits
from adapters.execution.parts import Parts
from adapters.execution.reconciliation import api as reconciliation_api
from adapters.execution.service import Execution
from adapters.execution.stopping import api as obeying_api
from adapters.execution.stopping.lookout import Lookout
from adapters.features import api as features_api
from adapters.market import api as market_api
from adapters.market import feed_api
from adapters.market.gauges import QuoteGauges
from adapters.market.service import MarketService
from adapters.portfolio import api as portfolio_api
from adapters.portfolio.gauges import BookGauges
from adapters.storage.packs import FrozenPacks
from adapters.strategy import api as strategy_api
from adapters.wiring.announced import announced_apis
from adapters.wiring.apart import phases
from adapters.wiring.apart.gate import books_of, contexts_of, policy_service, reasoning_service
from adapters.wiring.apart.ground import Ground
from adapters.wiring.apart.keeping import KeptBoard, KeptPortfolio
from adapters.wiring.apart.remote import (
    RemotePortfolio,
    features_answers,
    market_answers,
    portfolio_answers,
    pulses,
)
from adapters.wiring.apart.seat import Seat
from adapters.wiring.apart.service import Service
from adapters.wiring.apart.shown import refused_answers
from adapters.wiring.features import feature_service
from adapters.wiring.house import decision_of
from adapters.wiring.inspecting import feed_of, played_door
from adapters.wiring.parts import QuotedMarket, paper_broker, read_recording, strategy_desk
from adapters.wiring.signals import publish
from adapters.wiring.sizing import Sizing
from adapters.wiring.watching import EXECUTION_FIGURES
from policy.contracts import Event, EventType
from policy.packs import PackLoader
from policy.permits import Permits
from policy.ports import Clock


def execution_service(ground: Ground) -> Service:
    """Turns approvals into orders; the paper broker lives with it."""
    settings, limits = ground.settings, read_limits(ground.settings.rules)
    recording = read_recording(settings)
    market = QuotedMarket(ground.quotes, ground.calendar, recording.tape.symbols)
    broker = paper_broker(settings, ground.store, ground.time, market, recording)
    loader = PackLoader(FrozenPacks(settings.rules))
    permits = Permits(
        ground.time, contexts_of(ground), loader, settings.worker or "execution", books_of(ground)
    )
    account, cash = RemotePortfolio(ground.line), settings.starting_cash
    parts = Parts(ground.store, ground.time, market, account, permits, broker, cash, limits)
    execution = Execution(parts, SystemClock(), pulses(ground.line))
    approvals, lookout = Approvals(ground.store), Lookout(execution)

    def begin() -> None:
        execution.recover()
        lookout.start()

    def trade(asked: phases.Asked) -> int:
        broker.trade(phases.step_of(asked))
        return execution.hear()

    def follow(_asked: phases.Asked) -> int:
        waiting = approvals.waiting()
        execution.follow(waiting)
        approvals.followed(waiting)
        return len(waiting)

    def reconcile(asked: phases.Asked) -> int:
        return len(execution.reconcile() if phases.ANYWAY in asked else execution.reconcile_if_working())

    seat = Seat(
        phases={
            phases.TRADE: trade,
            phases.GUARD: lambda _: execution.guard(),
            phases.FOLLOW_APPROVALS: follow,
            phases.RECONCILE: reconcile,
        },
        consumers=(
            Consumer(
                ground.line,
                "execution",
                (EventType.DECISION_MADE,),
                once(approvals, ground.time),
            ),
        ),
        begin=begin,
        end=lookout.stop,
    )
    routers = (
        orders_api.router(execution),
        reconciliation_api.router(execution),
        obeying_api.router(ground.store),
    )
    return Service(seat, routers, figures=EXECUTION_FIGURES, collectors=[execution.tally])


def market_service(ground: Ground) -> Service:
    """Shows the quotes of every step to all, and to whoever asks."""
    recording = read_recording(ground.settings)
    door = partial(played_door, ground.settings, ground.store, ground.time, recording)
    board = KeptBoard(ground.store, ground.quotes, Publisher(ground.line), door)
    market = MarketService(recording.tape, ground.quotes, ground.calendar, ground.time)
    seat = Seat(
        phases={phases.SHOW: lambda asked: board.show(phases.step_of(asked))},
        answers={**market_answers(board.quoted), **refused_answers(lambda: board.refused)},
        again=board.put_again,
    )
    quotes = QuoteGauges(ground.quotes, recording.tape.symbols, ground.calendar.is_open, ground.time)
    announced = announced_apis(ground.settings, recording.news, ground.calendar, ground.time)
    intake, symbols = board.door.intake, recording.tape.symbols
    watch = feed_of(intake, symbols, ground.quotes, ground.calendar, ground.time)
    routers = [market_api.router(market), feed_api.router(watch), *announced]
    return Service(seat, routers, collectors=[quotes, intake.tally])


def features_service(ground: Ground) -> Service:
    """Tells features of the bars that had closed by a time."""
    features = read_recording(ground.settings).features
    told = feature_service(features, ground.time, ground.quotes, RemotePortfolio(ground.line))
    return Service(Seat(answers=features_answers(features)), [features_api.router(told)])


def strategy_service(ground: Ground) -> Service:
    """Proposes; it does not know that rules exist."""
    sizing = Sizing(ground.store, read_limits(ground.settings.rules), RemotePortfolio(ground.line))
    desk = strategy_desk(read_recording(ground.settings), ground.quotes, sizing.fit)

    def propose(asked: phases.Asked) -> int:
        step = phases.step_of(asked)
        return publish(ground.store, desk.candidates(step.at, step.moment))

    return Service(Seat(phases={phases.PROPOSE: propose}), [strategy_api.router(desk, ground.time)])


def portfolio_service(ground: Ground) -> Service:
    """Follows quotes and fills, and measures the book for whoever asks."""
    returns = read_recording(ground.settings).features.return_window
    cash = ground.settings.starting_cash
    portfolio = KeptPortfolio(ground.store, Journal(ground.store), returns, cash)

    def hear(_events: Sequence[Event]) -> None:
        portfolio.caught_up(ground.time.now())

    seat = Seat(
        phases={
            phases.FOLLOW: lambda asked: portfolio.follow_step(phases.step_of(asked)),
            phases.CATCH_UP: lambda asked: portfolio.caught_up(phases.time_of(asked)),
            phases.WRITE_DOWN: lambda asked: portfolio.written_down(phases.step_of(asked)),
        },
        answers=portfolio_answers(portfolio.now),
        consumers=(
            Consumer(
                ground.line,
                "portfolio",
                (EventType.ORDER_FILLED,),
                hear,
            ),
        ),
    )
    book = BookGauges(portfolio.now)
    return Service(seat, [portfolio_api.router(portfolio.now)], collectors=[book])


SERVICES: dict[str, Callable[[Ground], Service]] = {
    "policy": policy_service,
    "execution": execution_service,
    "market": market_service,
    "features": features_service,
    "strategy": strategy_service,
    "portfolio": portfolio_service,
    "reasoning": reasoning_service,
}
"""Every service but the player, by name."""


def once(approvals: Approvals, clock: Clock) -> Once:
    """The handler that keeps approvals; one that is told again after it was followed is not kept again."""

    def keep(connection: Connection, events: Sequence[Event]) -> None:
        approvals.keep(connection, [decision_of(event) for event in events])

    return Once(approvals.store, "execution", clock, keep)
