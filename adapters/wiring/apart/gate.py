"""The seats of the gate: policy judges, reasoning gives it memos; and what policy asks of the others."""

from contextlib import ExitStack

from adapters.events.jetstream.consumer import Consumer
from adapters.market.context import MarketGauge
from adapters.reasoning import api as reasoning_api
from adapters.storage.packs import FrozenPacks
from adapters.wiring.apart import phases
from adapters.wiring.apart.ground import Ground
from adapters.wiring.apart.reasoner import RemoteReasoner, reasoner_answers, waiting_for
from adapters.wiring.apart.remote import RemoteFeatures, RemotePortfolio
from adapters.wiring.apart.seat import Seat
from adapters.wiring.apart.service import Service
from adapters.wiring.blackouts import read_blackouts
from adapters.wiring.house_facts import Books
from adapters.wiring.parts import Contexts, QuotedMarket, read_recording
from adapters.wiring.reasoning import reasons_of
from adapters.wiring.rollout import rollout_of
from adapters.wiring.watching import POLICY_FIGURES
from policy.contracts import EventType
from policy.handlers import SignalHandler
from policy.routes import rollout as rollout_routes
from policy.service import build_policy


def policy_service(ground: Ground) -> Service:
    """Judges signals; any number of these share the work, each with a chain of the log of its own."""
    settings, contexts = ground.settings, contexts_of(ground)
    policy = build_policy(
        ground.store,
        ground.time,
        ground.calendar,
        contexts,
        FrozenPacks(settings.rules),
        settings.worker or "policy",
        books_of(ground),
    )
    waiting = waiting_for(settings)
    handler = SignalHandler(policy.evaluation, contexts, RemoteReasoner(ground.line, waiting))
    kinds = (EventType.SIGNAL_CREATED,)
    seat = Seat(
        phases={phases.EXPIRE: lambda _: policy.reviews.expire_overdue()},
        consumers=(Consumer(ground.line, "policy", kinds, handler, batch=waiting.batch),),
        begin=policy.start,
        end=policy.stop,
    )
    rollout = rollout_routes.router(rollout_of(settings, ground.store, ground.time))
    return Service(seat, [rollout], policy=policy, figures=POLICY_FIGURES)


def reasoning_service(ground: Ground) -> Service:
    """Gives memos on the house's signals, and on what callers ask."""
    recording, connections = read_recording(ground.settings), ExitStack()
    reasons = connections.enter_context(reasons_of(ground.settings, ground.store, ground.time, recording))
    seat = Seat(answers=reasoner_answers(reasons.house), end=connections.close)
    return Service(seat, [reasoning_api.router(reasons.desk)], collectors=[reasons.tally])


def contexts_of(ground: Ground) -> Contexts:
    """Market and portfolio as another process measures them."""
    features = RemoteFeatures(ground.line)
    gauge = MarketGauge(
        ground.quotes, ground.calendar, read_blackouts(ground.settings, ground.calendar), features.liquidity
    )
    return Contexts(gauge, RemotePortfolio(ground.line))


def books_of(ground: Ground) -> Books:
    """Execution's books, which are in the store, with prices, hours and the portfolio as others tell them."""
    symbols = ()  # only whoever watches the whole market has to know what there is
    return Books(RemotePortfolio(ground.line), QuotedMarket(ground.quotes, ground.calendar, symbols))
