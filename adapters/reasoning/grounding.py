"""What a model's answer is worth: a checked opinion, or the fault that keeps it from being one."""

from adapters.reasoning.mind import Opinion
from policy.memo_contracts import MemoQuestion


class Ungrounded(Exception):
    """An answer that is no memo: ``code`` for machines, the text for the model that is asked to mend it.

    Codes: ``invalid-json``, ``wrong-schema``, ``unsupplied-citation``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def grounded(question: MemoQuestion, raw: str) -> Opinion:
    """The opinion that ``raw``, a model's answer to ``question``, holds; raises ``Ungrounded``."""
    raise NotImplementedError
