"""Reasoning in the house: who thinks, as settings say, and how a signal becomes a question."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.builtin import BuiltIn
from adapters.reasoning.mind import Mind, Off
from adapters.reasoning.service import Reasoning
from adapters.reasoning.stumbling import Stumbling
from adapters.reasoning.tally import MemoTally
from adapters.settings import Settings
from policy.contracts import FeatureSnapshot, ReasoningMemo, SignalCandidate
from policy.memo_contracts import MemoQuestion, NewsSummary
from policy.opinions import Asked
from policy.ports import Clock, HouseContexts

Features = Callable[[str, datetime], FeatureSnapshot | None]
News = Callable[[str, datetime], NewsSummary | None]
StumblesOn = Callable[[UUID], bool]


@dataclass(frozen=True)
class Reasons:
    """The reasoning service in this process: one mind, asked by the house and by callers.

    A scenario makes only the ``house``'s askings fail, and only those of the built-in mind: what a caller
    or a model says is no part of it.
    """

    mind: Mind
    house: Reasoning
    callers: Reasoning
    tally: MemoTally
    breaker: Callable[[], BreakerState] | None = None
    """How the breaker stands before the model; None where no model is asked."""


@contextmanager
def reasons_of(
    settings: Settings, store: Engine, clock: Clock, stumbles_on: StumblesOn | None = None
) -> Iterator[Reasons]:
    """The service with the mind that ``settings`` name; the block's end closes its connections.

    Raises ``UnsafeSettings`` where a model is wanted and not named.
    """
    with ExitStack() as open_:
        mind, breaker = _mind_of(settings, open_)
        stumbles = stumbles_on if settings.reasoner == "built-in" else None
        of_house = mind if stumbles is None else Stumbling(mind, stumbles)
        tally = MemoTally(mind, breaker)
        house, callers = (Reasoning(store, one, clock, tally.thought) for one in (of_house, mind))
        yield Reasons(mind, house, callers, tally, breaker)


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


def _mind_of(settings: Settings, open_: ExitStack) -> tuple[Mind, Callable[[], BreakerState] | None]:
    """The mind, and how its breaker stands where it has one."""
    if settings.reasoner == "off":
        return Off(), None
    if settings.reasoner == "built-in":
        return BuiltIn(), None
    from adapters.reasoning.opening import model_mind  # noqa: PLC0415 - seconds of imports, for a model alone

    model = open_.enter_context(model_mind(settings))
    return model, lambda: model.breaker_state
