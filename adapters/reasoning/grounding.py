"""What a model's answer is worth: a checked opinion, or the fault that keeps it from being one."""

from collections.abc import Mapping
from typing import Any

from adapters.reasoning.mind import Opinion
from adapters.reasoning.prompt import Prompt

ANSWER_SCHEMA: Mapping[str, Any] = {}
"""JSON schema of the answer wanted, for servers that can be held to one."""


class Ungrounded(Exception):
    """An answer that is no memo: ``code`` for machines, the text for the model that is asked to mend it.

    Codes: ``invalid-json``, ``wrong-schema``, ``unsupplied-citation``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def grounded(prompt: Prompt, raw: str) -> Opinion:
    """The opinion that ``raw``, a model's answer to ``prompt``, holds; raises ``Ungrounded``."""
    raise NotImplementedError
