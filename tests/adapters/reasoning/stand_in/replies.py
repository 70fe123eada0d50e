"""What a model's server can answer: envelopes of chat completions, whole, odd or broken."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``after`` and ``drip`` are seconds, which the server scales.

    ``cut`` ends the connection after so many bytes of the body; with ``drip`` one byte comes after another
    and no end.
    """

    body: bytes
    status: int = 200
    after: float = 0.0
    cut: int | None = None
    drip: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def completion(text: str | None, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """The envelope around ``text``; further fields of the message by name."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1338566400,
        "model": "stand-in-1",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 812, "completion_tokens": 96, "total_tokens": 908},
    }


def said(text: str | None, finish: str | None = "stop", *, after: float = 0.0, **message: Any) -> Reply:
    """A whole answer that says ``text``, ``after`` so many seconds."""
    return Reply(json.dumps(completion(text, finish, **message)).encode(), after=after)


def memo(**changes: Any) -> str:
    """A valid memo but for ``changes``; a value of None leaves the field out."""
    fields = {
        "recommendation": "ALLOW",
        "thesis": "the trend is up and trading is ordinary",
        "counter_thesis": "the rise may be over",
        "risk_flags": ["crowded-trade"],
        "citations": [],
    }
    return json.dumps({name: value for name, value in (fields | changes).items() if value is not None})


def error(status: int, words: str) -> Reply:
    """An error of the provider, in OpenAI's form."""
    return Reply(json.dumps({"error": {"message": words, "type": "error"}}).encode(), status=status)
