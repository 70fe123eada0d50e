"""JSON as callers must send it: UTF-8, no repeated keys, no NaN, not deep or wide without end."""

import json
from typing import Any

from policy.problems import Problem

DEEPEST = 64
WIDEST = 1_000
_BRACKETS = (b"[", b"{")


def require_json(body: bytes) -> None:
    """Raise the 400 problem ``malformed-json`` unless ``body`` is one strict JSON document.

    Says nothing about types: numbers beyond all doubles are for the contract to refuse.
    """
    try:
        text = body.decode("utf-8")
        _require_shallow(body, text)
        # Only the grammar counts here, and huge integers are slow to convert.
        _GRAMMAR.decode(text)
        if "\\ud" in text.lower():
            _require_whole_letters(text)
    except UnicodeDecodeError:
        raise _malformed("the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise _malformed(f"the body is not JSON: {error}") from None


def _require_shallow(body: bytes, text: str) -> None:
    """Count brackets first, which is enough for nearly every body; walk only when there are many."""
    if sum(body.count(bracket) for bracket in _BRACKETS) > DEEPEST and _depth(text) > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} levels")


def _require_whole_letters(text: str) -> None:
    """Half of a surrogate pair is no letter: it cannot be stored or compared as text."""
    json.dumps(json.loads(text, parse_int=len), ensure_ascii=False).encode()


def _depth(text: str) -> int:
    deepest = depth = 0
    quoted = escaped = False
    for letter in text:
        if quoted:
            quoted, escaped = escaped or letter != '"', letter == "\\" and not escaped
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


def _no_key_twice(pairs: list[tuple[str, Any]]) -> None:
    """Also bounds the keys: each may be a fault, and telling of a hundred thousand takes seconds."""
    if len(pairs) > WIDEST:
        raise ValueError(f"an object has more than {WIDEST} keys")
    if len({key for key, _ in pairs}) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {json.dumps(twice)} stands twice in one object")


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")


def _malformed(detail: str) -> Problem:
    return Problem(400, "malformed-json", detail[:300])


_GRAMMAR = json.JSONDecoder(object_pairs_hook=_no_key_twice, parse_constant=_no_constant, parse_int=len)
