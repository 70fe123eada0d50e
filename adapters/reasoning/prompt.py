"""What a model is sent: first the question, then, if its answer was no memo, what was wrong with that."""

from dataclasses import dataclass

from adapters.reasoning.line import Message
from policy.memo_contracts import MemoQuestion


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages of one request, and what of the question they hold: an answer may rest on nothing else.

    ``supplied`` are the ids of the news items shown, ``numbers`` every number that is.
    """

    messages: tuple[Message, ...]
    supplied: frozenset[str]
    numbers: frozenset[float]


def first_prompt(question: MemoQuestion) -> Prompt:
    """The messages that ask ``question``."""
    raise NotImplementedError


def repair_prompt(first: Prompt, raw: str, fault: str) -> Prompt:
    """``first`` asked again, with its answer ``raw`` and what was wrong with it."""
    raise NotImplementedError
