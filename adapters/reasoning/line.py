"""The line to a model, as a protocol: messages out, one answer back or a fault with its code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

INPUT_TOKENS = 5_000
"""At most so many tokens are sent in one request, the form that is asked for among them."""
FORM_TOKENS = 600
"""What of ``INPUT_TOKENS`` is kept for that form, a JSON schema; the messages have the rest."""
OUTPUT_TOKENS = 700
"""At most so many tokens are asked for."""
_TOKENS_AROUND = 8

Role = Literal["system", "user", "assistant"]
FaultCode = Literal["provider-error", "unreachable", "time-out", "breaker-open"]
Output = Literal["json-schema", "json-object", "text"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation, its text exactly as it is sent."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, its text as it came.

    ``refusal`` is the model's own word for not answering; ``finish_reason`` is the provider's, None where it
    gave none. Tokens are the provider's count, None where it told none that can be one.
    """

    text: str
    finish_reason: str | None = None
    refusal: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


def as_sent(messages: Sequence[Message]) -> str:
    """``messages`` as they stand in the request, a JSON array: what is kept as the prompt."""
    said = [{"role": message.role, "content": message.text} for message in messages]
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def tokens_at_most(messages: Sequence[Message]) -> int:
    """The most tokens that ``messages`` can be, without asking any vocabulary.

    A token of a byte-level vocabulary stands for at least one byte; a few go around each message.
    """
    return sum(len(message.text.encode("utf-8", "backslashreplace")) + _TOKENS_AROUND for message in messages)


class LineFault(Exception):
    """No answer came. ``code`` says why, the text says it in words and holds nothing secret.

    ``is_ours`` marks a request that the provider understood and did not want: that says nothing of the next.
    """

    def __init__(self, code: FaultCode, text: str, *, is_ours: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.is_ours = is_ours


class Line(Protocol):
    """Somewhere to ask a model."""

    @property
    def form_tokens(self) -> int:
        """The most tokens that are sent beside the messages."""
        ...

    def send(self, messages: Sequence[Message], within: float) -> Answer:
        """The answer to ``messages``, if it is there ``within`` so many seconds; raises ``LineFault``.

        What has not come by then is not waited for: the connection is closed.
        """
        ...
