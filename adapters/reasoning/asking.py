"""How a model is asked: once, once more if its answer was no memo, and never longer than the time there is.

The soft time-out ends the right to a repair, the hard one ends everything: an answer that comes in between
counts and is slow, one that comes later is not looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic

from adapters.reasoning.grounding import Ungrounded, grounded
from adapters.reasoning.line import INPUT_TOKENS, Answer, Line, LineFault, as_sent, tokens_at_most
from adapters.reasoning.mind import Attempt, Opinion, Thought
from adapters.reasoning.prompt import Prompt, repair_prompt

Now = Callable[[], float]
"""Seconds of a clock that never goes back."""

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one question may take: seconds to the ``soft`` and the ``hard`` time-out, tokens in a request."""

    soft: float = 8.0
    hard: float = 15.0
    input_tokens: int = INPUT_TOKENS


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider takes, in dollars for a million tokens."""

    input: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One attempt and its end: an opinion, or a code with its text. ``mendable`` asks for a repair."""

    attempt: Attempt
    opinion: Opinion | None = None
    code: str = ""
    text: str = ""
    mendable: bool = False


class Asking:
    """Asks over ``line`` within ``budget``; ``price`` turns tokens into dollars."""

    def __init__(self, line: Line, budget: Budget, price: Price | None = None, now: Now = monotonic) -> None:
        self.budget = budget
        self.now = now
        self._line = line
        self._price = price

    def ask(self, prompt: Prompt, began: float) -> Thought:
        """What came of ``prompt``, whose time has run since ``began`` (as ``now`` tells it); never late."""
        first = self._tried(prompt, began)
        if not first.mendable:
            return self._thought(began, first)
        if self.now() - began >= self.budget.soft:
            return self._thought(began, _without_repair(first, self.budget.soft))
        second = self._tried(repair_prompt(prompt, first.attempt.raw or "", first.text), began)
        repaired = replace(second, attempt=replace(second.attempt, repair=True))
        return self._thought(began, first, repaired)

    def _tried(self, prompt: Prompt, began: float) -> _Outcome:
        started = self.now()
        outcome = self._sent(prompt, began)
        error = f"{outcome.code}: {outcome.text}" if outcome.code else None
        seconds = round(self.now() - started, 3)
        return replace(outcome, attempt=replace(outcome.attempt, error=error, seconds=seconds))

    def _sent(self, prompt: Prompt, began: float) -> _Outcome:
        attempt = Attempt(prompt=as_sent(prompt.messages))
        most = tokens_at_most(prompt.messages) + self._line.form_tokens
        if most > self.budget.input_tokens:
            text = f"up to {most} tokens would be sent, which is more than {self.budget.input_tokens}"
            return _Outcome(attempt, code="too-long", text=text)
        left = began + self.budget.hard - self.now()
        if left <= 0:
            return _Outcome(attempt, code="time-out", text=self._no_time())
        try:
            answer = self._line.send(prompt.messages, left)
        except LineFault as fault:
            text = self._no_time() if fault.code == "time-out" else str(fault)
            return _Outcome(attempt, code=fault.code, text=text)
        if self.now() - began > self.budget.hard:
            return _Outcome(attempt, code="time-out", text=self._no_time())
        return _read(prompt, answer, self._told(attempt, answer))

    def _told(self, attempt: Attempt, answer: Answer) -> Attempt:
        return replace(
            attempt,
            raw=answer.refusal or answer.text,
            finish_reason=answer.finish_reason,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cost=self._cost(answer),
        )

    def _cost(self, answer: Answer) -> Decimal | None:
        if self._price is None or answer.input_tokens is None or answer.output_tokens is None:
            return None
        dollars = self._price.input * answer.input_tokens + self._price.output * answer.output_tokens
        return dollars / _MILLION

    def _no_time(self) -> str:
        return f"no answer within {self.budget.hard:g} seconds, first attempt and repair together"

    def _thought(self, began: float, *outcomes: _Outcome) -> Thought:
        last, seconds = outcomes[-1], self.now() - began
        return Thought(
            status="FAILED" if last.opinion is None else "OK",
            opinion=last.opinion,
            reason=last.code or None,
            reason_text=last.text,
            attempts=tuple(outcome.attempt for outcome in outcomes),
            seconds=round(seconds, 3),
            slow=seconds >= self.budget.soft,
        )


def _read(prompt: Prompt, answer: Answer, attempt: Attempt) -> _Outcome:
    """What an answer in time is worth. Only one that is no memo can be mended by asking again."""
    if answer.refusal is not None or answer.finish_reason == "content_filter":
        return _Outcome(attempt, code="refused", text="the model would not answer")
    if answer.finish_reason == "length":
        return _Outcome(attempt, code="truncated", text="the answer was cut off at its longest")
    if not answer.text.strip():
        return _Outcome(attempt, code="empty", text="the answer holds no text")
    try:
        return _Outcome(attempt, opinion=grounded(prompt, answer.text))
    except Ungrounded as fault:
        return _Outcome(attempt, code=fault.code, text=str(fault), mendable=True)


def _without_repair(outcome: _Outcome, soft: float) -> _Outcome:
    text = f"{outcome.text}; it came after {soft:g} seconds, when no repair is begun any more"
    return replace(outcome, text=text)
