"""Reasoning in the house: who thinks, as settings say, and how a signal becomes a question."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from adapters.reasoning.api import ReasoningDesk
from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.builtin import BuiltIn
from adapters.reasoning.informed import Informed
from adapters.reasoning.mind import Mind, Off
from adapters.reasoning.model_mind import ModelMind
from adapters.reasoning.service import Reasoning
from adapters.reasoning.stumbling import Stumbling
from adapters.reasoning.tally import MemoTally
from adapters.settings import Settings
from adapters.wiring.scene import Scene
from policy.contracts import FeatureSnapshot, ReasoningMemo, SignalCandidate
from policy.memo_contracts import MemoQuestion, NewsSummary
from policy.opinions import Asked
from policy.ports import Clock, HouseContexts

Features = Callable[[str, datetime], FeatureSnapshot | None]
News = Callable[[str, datetime], NewsSummary | None]

FOR_CALLERS = 2
"""Questions of callers that are put to a model at the same time, beside those of the house."""


@contextmanager
def mind_of(settings: Settings) -> Iterator[Mind]:
    """The mind that ``settings`` name, for whoever asks it without a record.

    Raises ``UnsafeSettings`` where a model is wanted and not named.
    """
    with ExitStack() as open_:
        yield _mind_of(settings, open_)[0]


@dataclass(frozen=True)
class HouseReasoner:
    """Implements ``policy.ports.Reasoner``: adds news and features as of the signal, then asks."""

    reasoning: Reasoning
    features: Features
    news: News

    def opine(self, asked: Asked) -> Sequence[ReasoningMemo]:
        """One memo on each signal, in their order."""
        return self.reasoning.memos("house", [self._question(*one) for one in asked])

    def _question(self, signal: SignalCandidate, contexts: HouseContexts) -> MemoQuestion:
        return MemoQuestion(
            signal=signal,
            market_context=contexts.market,
            portfolio_context=contexts.portfolio,
            news=self.news(signal.symbol, signal.created_at),
            features=self.features(signal.symbol, signal.created_at),
        )


@dataclass(frozen=True)
class Reasons:
    """The reasoning service in this process: for the house, for callers over HTTP, and what it counts."""

    house: HouseReasoner
    desk: ReasoningDesk
    tally: MemoTally


@contextmanager
def reasons_of(settings: Settings, store: Engine, clock: Clock, scene: Scene) -> Iterator[Reasons]:
    """The service with the mind that ``settings`` name; the block's end ends it, then its connections.

    The scenario of ``scene`` makes only the house's askings fail, and only those of the built-in mind: what
    a caller asks or a model says is no part of it. Raises ``UnsafeSettings`` where a model is wanted and
    not named.
    """
    with ExitStack() as open_:
        mind, breaker = _mind_of(settings, open_)
        scripted = settings.reasoner == "built-in"
        of_house = Stumbling(mind, scene.scenario.stumbles_on) if scripted else mind
        informed = Informed(_for_callers(mind), _features_by(clock, scene.features.snapshot))
        tally = MemoTally(mind, breaker)
        house, callers = (Reasoning(store, one, clock, tally.thought) for one in (of_house, informed))
        for reasoning in (house, callers):
            open_.callback(reasoning.end)
        yield Reasons(
            HouseReasoner(house, scene.features.snapshot, scene.news.summary),
            ReasoningDesk(callers, mind, store, clock, breaker),
            tally,
        )


def _for_callers(mind: Mind) -> Mind:
    """A model has places of their own for callers, so that the house need not wait for them."""
    return mind.beside(FOR_CALLERS) if isinstance(mind, ModelMind) else mind


def _features_by(clock: Clock, features: Features) -> Features:
    """What can be known of a caller's signal, whatever time it says it was made at."""
    return lambda symbol, at: features(symbol, min(at, clock.now()))


def _mind_of(settings: Settings, open_: ExitStack) -> tuple[Mind, Callable[[], BreakerState] | None]:
    """The mind, and how its breaker stands where it has one."""
    if settings.reasoner == "off":
        return Off(), None
    if settings.reasoner == "built-in":
        return BuiltIn(), None
    from adapters.reasoning.opening import model_mind  # noqa: PLC0415 - seconds of imports, for a model alone

    model = open_.enter_context(model_mind(settings))
    return model, lambda: model.breaker_state
