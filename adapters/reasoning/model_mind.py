"""A mind that asks a model: never more than a few questions at once, and each within its time."""

from collections.abc import Mapping
from dataclasses import replace
from threading import BoundedSemaphore

import structlog

from adapters.reasoning.asking import Asking
from adapters.reasoning.breaker import Breaker, BreakerState
from adapters.reasoning.mind import Thought, failed
from adapters.reasoning.prompt import first_prompt
from policy.contracts import Scalar
from policy.memo_contracts import MemoQuestion
from policy.watching.traces import doing

log = structlog.get_logger(__name__)

AT_ONCE = 4


class ModelMind:
    """Asks the model ``name`` by ``asking``; ``settings`` say on what its answers depend.

    ``breaker`` is the one before the model's line. At most ``at_once`` questions are put to the model at the
    same time; more wait, and their time runs.
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Scalar],
        asking: Asking,
        breaker: Breaker,
        at_once: int = AT_ONCE,
    ) -> None:
        self.name = name
        self.settings = settings
        self.at_once = at_once
        self._asking = asking
        self._breaker = breaker
        self._seats = BoundedSemaphore(at_once)

    @property
    def breaker_state(self) -> BreakerState:
        """Whether the provider is being asked."""
        return self._breaker.state

    def beside(self, at_once: int) -> "ModelMind":
        """The same mind with ``at_once`` places of its own: who asks it much keeps nobody else waiting."""
        return ModelMind(self.name, self.settings, self._asking, self._breaker, at_once)

    def think(self, question: MemoQuestion) -> Thought:
        """The model's thought on ``question``, a failure with its code where there is none in time."""
        began = self._asking.now()
        with doing("reasoning.think", question.signal.signal_id, reasoner=self.name):
            thought = self._seated(question, began)
        if thought.status == "FAILED":
            _tell(question, thought)
        return thought

    def _seated(self, question: MemoQuestion, began: float) -> Thought:
        if not self._seats.acquire(timeout=self._asking.budget.hard):
            return self._no_place()
        try:
            return self._asking.ask(first_prompt(question), began)
        finally:
            self._seats.release()

    def _no_place(self) -> Thought:
        hard = self._asking.budget.hard
        text = f"all {self.at_once} places at the model were taken for {hard:g} seconds"
        return replace(failed("time-out", text), seconds=hard, slow=True)


def _tell(question: MemoQuestion, thought: Thought) -> None:
    log.warning(
        "a model gave no memo",
        signal=str(question.signal.signal_id),
        reason=thought.reason,
        detail=thought.reason_text,
        seconds=thought.seconds,
    )
