"""A mind that asks a model: never more than a few questions at once, and a dead provider not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore
from time import monotonic

import structlog

from adapters.reasoning.asking import Asking, Budget, Now, Price
from adapters.reasoning.breaker import Breaker, BreakerState
from adapters.reasoning.line import Answer, Line, Message
from adapters.reasoning.mind import Thought, failed
from adapters.reasoning.prompt import first_prompt
from policy.contracts import Scalar
from policy.memo_contracts import MemoQuestion
from policy.watching.traces import doing

log = structlog.get_logger(__name__)

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a model is asked."""

    budget: Budget = field(default_factory=Budget)
    price: Price | None = None
    at_once: int = AT_ONCE


class ModelMind:
    """Asks the model ``name`` over ``line``; ``settings`` say on what its answers depend."""

    def __init__(
        self,
        name: str,
        line: Line,
        settings: Mapping[str, Scalar],
        terms: Terms | None = None,
        breaker: Breaker | None = None,
        now: Now = monotonic,
    ) -> None:
        self.name = name
        self.settings = settings
        self._terms = terms or Terms()
        self._breaker = breaker or Breaker()
        self._asking = Asking(_Guarded(line, self._breaker), self._terms.budget, self._terms.price, now)
        self._seats = BoundedSemaphore(self._terms.at_once)
        self._now = now

    @property
    def at_once(self) -> int:
        """How many questions are put to the model at the same time; more wait, and their time runs."""
        return self._terms.at_once

    @property
    def breaker_state(self) -> BreakerState:
        """Whether the provider is being asked."""
        return self._breaker.state

    def think(self, question: MemoQuestion) -> Thought:
        """The model's thought on ``question``, a failure with its code where there is none in time."""
        began = self._now()
        with doing("reasoning.think", question.signal.signal_id, reasoner=self.name):
            thought = self._seated(question, began)
        if thought.status == "FAILED":
            _tell(question, thought)
        return thought

    def _seated(self, question: MemoQuestion, began: float) -> Thought:
        if not self._seats.acquire(timeout=self._terms.budget.hard):
            return self._no_place()
        try:
            return self._asking.ask(first_prompt(question), began)
        finally:
            self._seats.release()

    def _no_place(self) -> Thought:
        terms = self._terms
        text = f"all {terms.at_once} places at the model were taken for {terms.budget.hard:g} seconds"
        return replace(failed("time-out", text), seconds=terms.budget.hard, slow=True)


def _tell(question: MemoQuestion, thought: Thought) -> None:
    log.warning(
        "a model gave no memo",
        signal=str(question.signal.signal_id),
        reason=thought.reason,
        detail=thought.reason_text,
        seconds=thought.seconds,
    )


class _Guarded:
    """A line that is not used while the breaker is open."""

    def __init__(self, line: Line, breaker: Breaker) -> None:
        self._line = line
        self._breaker = breaker
        self.form_tokens = line.form_tokens

    def send(self, messages: Sequence[Message], within: float) -> Answer:
        """The line's answer; raises ``LineFault`` for a fault of either."""
        with self._breaker.guarding():
            return self._line.send(messages, within)
