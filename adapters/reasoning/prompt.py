"""What a model is sent: first the question, then, if its answer was no memo, what was wrong with that."""

from adapters.reasoning.line import Message
from policy.memo_contracts import MemoQuestion


def first_prompt(question: MemoQuestion) -> tuple[Message, ...]:
    """The messages that ask ``question``."""
    raise NotImplementedError


def repair_prompt(question: MemoQuestion, raw: str, fault: str) -> tuple[Message, ...]:
    """The messages that ask ``question`` again, with the first answer ``raw`` and what was wrong with it."""
    raise NotImplementedError
