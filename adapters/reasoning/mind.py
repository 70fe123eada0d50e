"""Who thinks about a question, as a protocol, and what comes of it: a thought, with every attempt it took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from policy.contracts import MemoStatus, Recommendation, Scalar
from policy.memo_contracts import MemoQuestion


@dataclass(frozen=True, slots=True)
class Attempt:
    """One asking of a model.

    ``prompt`` is exactly what was sent and ``raw`` what came back, as it came; None where nothing did.
    ``error`` is the code of what was wrong and a text, ``code: text``; None for an answer that was taken.
    ``cost`` is in dollars, None without a price; ``seconds`` is the time it took. A ``repair`` shows the
    model its first answer and what was wrong with it.
    """

    prompt: str
    raw: str | None = None
    error: str | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None
    seconds: float = 0.0
    repair: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a mind makes of a question it could answer: for, against, what to watch, and what it rests on."""

    recommendation: Recommendation
    thesis: str
    counter_thesis: str
    risk_flags: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking: an opinion with status OK and only then, else a reason.

    ``reason`` is a code in kebab case, ``reason_text`` the same in words. ``seconds`` is the time from the
    question to here; ``slow`` says that it took longer than the soft time-out.
    """

    status: MemoStatus
    opinion: Opinion | None = None
    reason: str | None = None
    reason_text: str = ""
    attempts: tuple[Attempt, ...] = ()
    seconds: float = 0.0
    slow: bool = False

    def __post_init__(self) -> None:
        if (self.status == "OK") != (self.opinion is not None) or (self.status == "OK") != (
            self.reason is None
        ):
            raise ValueError("an opinion goes with status OK and only with OK, a reason with the others")


class Mind(Protocol):
    """Something that can think about a signal."""

    @property
    def name(self) -> str:
        """Who thinks, for the record: ``built-in-1``, or a model's name."""
        ...

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """What its answers depend on besides the question, such as a temperature; never a secret."""
        ...

    @property
    def at_once(self) -> int:
        """How many questions it takes at the same time; with 1 it is asked in the caller's own thread."""
        ...

    def think(self, question: MemoQuestion) -> Thought:
        """What it makes of ``question``; never raises, a failure is a thought with status FAILED."""
        ...


def thought_of(opinion: Opinion) -> Thought:
    """The thought of a mind that could answer at once."""
    return Thought(status="OK", opinion=opinion)


def failed(reason: str, text: str) -> Thought:
    """The thought of a mind that was asked and could not answer: a ``reason`` in kebab case, and in words."""
    return Thought(status="FAILED", reason=reason, reason_text=text)


def skipped(reason: str, text: str) -> Thought:
    """The thought of a mind that had no cause to answer."""
    return Thought(status="SKIPPED", reason=reason, reason_text=text)


@dataclass(frozen=True, slots=True)
class Off:
    """Nobody: every question is skipped, which the rules take for no memo at all."""

    name: str = "off"
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    at_once: int = 1

    def think(self, question: MemoQuestion) -> Thought:  # noqa: ARG002 - whatever it is
        """Always SKIPPED."""
        return skipped("reasoner-off", "no reasoner is set up; TRIVET_REASONER names one")
