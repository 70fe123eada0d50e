"""The shape of a pack as a JSON Schema, for editors: completion, hover texts and errors while typing.

Keys, patterns and words are the reader's own, so the schema cannot know others. It asks for what
``check`` asks for; what only a whole pack can tell (names, types of conditions, cases) stays with
``check``.
"""

from collections.abc import Sequence
from re import Pattern
from typing import Any, get_args

from engine.declaration_reader import INPUT_KEYS, LIMIT_KEYS, LIMIT_NAME, PATH
from engine.declarations import Absent, Direction, Source
from engine.pack_reader import CASE_KEYS, NAME, PACK_KEYS, RULE_KEYS, VERDICT_WORDS, VERSION

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["number", "boolean", "string"]}
_FACTS: Schema = {"type": "object", "propertyNames": {"pattern": f"^(?:{PATH.pattern})$"}}


def pack_schema() -> Schema:
    """The JSON Schema (draft 7, the one that editors know) of a pack."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Trivet rule pack",
        "description": "Versioned rules that judge signals: REJECT > REVIEW > APPROVE.",
        **_closed(PACK_KEYS, _pack(), ("pack", "version", "owner", "purpose", "inputs", "rules")),
    }


def _pack() -> Schema:
    return {
        "pack": _matching(NAME, "Kebab-case name of the pack, the name of its folder too."),
        "version": _matching(VERSION, "patch: words only; minor: some verdict may change; major: inputs."),
        "owner": _text("Who answers for the pack."),
        "purpose": _text("What the pack is for, in one sentence."),
        "decision_ttl_seconds": {
            "type": "integer", "minimum": 0, "default": 60,
            "description": "How long an approval may wait before it is used, in seconds.",
        },
        "inputs": _named(PATH, _input(), "Every fact that a rule may read, by dotted name."),
        "limits": _named(LIMIT_NAME, _limit(), "Named numbers and lists with their unit."),
        "cast": {
            "type": "object", "additionalProperties": _facts("One starting point."),
            "description": "Named starting points; a case says only what differs.",
        },
        "rules": {"type": "array", "items": _rule(), "description": "Every rule is judged, in any order."},
    }  # fmt: skip


def _input() -> Schema:
    by_type = [_of_type(kind, keys) for kind, keys in INPUT_KEYS.items()]
    return {"type": "object", "required": ["type"], "properties": _input_keys(), "allOf": by_type}


def _input_keys() -> Schema:
    words: Schema = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    return {
        "type": _one_of(tuple(INPUT_KEYS), "What values it has."),
        "unit": _text("What a number counts, such as seconds, fraction, score or ratio."),
        "min": {"type": "number", "description": "The least value allowed, included."},
        "max": {"type": "number", "description": "The largest value allowed, included."},
        "direction": _one_of(get_args(Direction), "Which way a number gets riskier."),
        "one_of": {**words, "description": "All strings allowed."},
        "min_length": {"type": "integer", "minimum": 0, "description": "The fewest characters."},
        "max_length": {"type": "integer", "minimum": 0, "description": "The most characters."},
        "absent": _one_of(
            [word for word in get_args(Absent) if word != "required"],
            "What a rule gives that cannot be judged without it; left out, the input is required.",
        ),
        "source": _one_of(get_args(Source), "Who sets it; no caller may set an input of the house."),
    }


def _of_type(kind: str, keys: Sequence[str]) -> Schema:
    needed = {"required": ["unit", "direction"]} if kind == "number" else {}
    named = {"properties": {"type": {"const": kind}}}
    return {"if": {**named, "required": ["type"]}, "then": {"propertyNames": {"enum": [*keys]}, **needed}}


def _limit() -> Schema:
    lists = [
        {"type": "array", "minItems": 1, "items": {"type": kind}} for kind in ("number", "string", "boolean")
    ]
    value = {"anyOf": [_SCALAR, *lists], "description": "A number, word, switch, or a list of one type."}
    return _closed(LIMIT_KEYS, {"value": value, "unit": _text("What it counts.")}, ("value",))


def _rule() -> Schema:
    then_or_cap = [{"required": ["then"]}, {"required": ["cap"]}]
    shape = _closed(RULE_KEYS, _rule_keys(), ("id", "when", "reason", "rationale"))
    with_cases = {
        "if": {"properties": {"always": {"const": True}}, "required": ["always"]},
        "then": {"properties": {"when": {"const": "true"}}},
        "else": {"required": ["cases"]},
    }
    return {**shape, "oneOf": then_or_cap, **with_cases}


def _rule_keys() -> Schema:
    cap = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _limit_name()]}
    cases = {"type": "object", "minProperties": 1, "additionalProperties": _case()}
    return {
        "id": _matching(NAME, "Kebab-case name of what is objected to; never used again, never renamed."),
        "when": _text("The condition, in quotes; CEL syntax over inputs and limits."),
        "then": _one_of(("REJECT", "REVIEW"), "The verdict when the condition holds."),
        "cap": {**cap, "description": "The largest size when the condition holds, a fraction of equity."},
        "reason": _text("What a person is told; {input} and {limits.name} are filled in."),
        "rationale": _text("Why the rule exists."),
        "cases": {**cases, "description": "At least one that hits and one that just misses."},
        "always": {"type": "boolean", "description": 'The rule hits always; its condition is "true".'},
    }


def _case() -> Schema:
    left_out = {"type": "array", "items": {"type": "string"}, "description": "Facts that are left out."}
    keys = {
        "from": _text("The name of a starting point under cast."),
        "with": _facts("What differs from it; limits.name follows the limit."),
        "without": left_out,
        "expect": _one_of(VERDICT_WORDS, "The verdict that this pack alone must give."),
        "size": {"type": "number", "description": "The size let through, a fraction of equity."},
    }
    return _closed(CASE_KEYS, keys, ("expect",))


def _closed(known: Sequence[str], keys: Schema, required: Sequence[str]) -> Schema:
    """A mapping of ``keys`` and no others; they must be the ones the reader knows."""
    assert set(keys) == set(known), f"the schema describes {sorted(keys)}, the reader knows {sorted(known)}"
    return {"type": "object", "properties": keys, "required": [*required], "additionalProperties": False}


def _named(pattern: Pattern[str], entry: Schema, description: str) -> Schema:
    names = {"pattern": f"^(?:{pattern.pattern})$"}
    return {
        "type": "object", "propertyNames": names, "additionalProperties": entry, "description": description,
    }  # fmt: skip


def _facts(description: str) -> Schema:
    return {**_FACTS, "additionalProperties": _SCALAR, "description": description}


def _matching(pattern: Pattern[str], description: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern.pattern})$", "description": description}


def _limit_name() -> Schema:
    return {"type": "string", "pattern": rf"^limits\.(?:{LIMIT_NAME.pattern})$"}


def _one_of(words: Sequence[str], description: str) -> Schema:
    return {"enum": [*words], "description": description}


def _text(description: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description}
