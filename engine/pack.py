"""A rule pack as values: what ``read_pack`` returns and every part of the house holds.

Reading lives in ``pack_reader.py``; here are the frozen results and their two hashes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from engine.declarations import Input, Limit
from engine.literals import to_cel
from engine.message import Message
from engine.tree import Node, Scalar, inputs_of
from engine.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a pack's text, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Case:
    """One example of a rule: the facts, the verdict the pack must give, and the size if it matters."""

    name: str
    facts: Mapping[str, Scalar]
    expect: Verdict
    size: float | None
    place: Place


@dataclass(frozen=True)
class Rule:
    """One objection: when ``condition`` holds, ``then`` is the verdict or ``cap`` the largest size.

    ``cap`` is a fraction of equity; exactly one of ``then`` and ``cap`` is set. ``when`` is the
    condition as its author wrote it, ``message`` the reason ready to be filled with values.
    """

    id: str
    when: str
    condition: Node
    then: Verdict | None
    cap: float | None
    reason: str | None
    message: Message
    rationale: str | None
    cases: tuple[Case, ...]
    always: bool
    place: Place
    when_place: Place

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The inputs its condition names, in order of first appearance."""
        return inputs_of(self.condition)


@dataclass(frozen=True, eq=False)
class RulePack:
    """A pack that was read without a problem. Equal only to itself: compare hashes instead."""

    name: str
    version: str
    owner: str | None
    purpose: str | None
    decision_ttl_seconds: int
    inputs: Mapping[str, Input]
    limits: Mapping[str, Limit]
    cast: Mapping[str, Mapping[str, Scalar]]
    rules: tuple[Rule, ...]
    source: str
    text: str
    places: Mapping[str, Place]
    """Where each declaration stands, by path such as ``inputs.symbol`` or ``limits.max_data_age``."""

    @cached_property
    def logic_hash(self) -> str:
        """``sha256:…`` over what decides: wording, comments and key order do not count."""
        logic = {
            "decision_ttl_seconds": self.decision_ttl_seconds,
            "inputs": {name: asdict(declared) for name, declared in self.inputs.items()},
            "limits": {name: asdict(limit) for name, limit in self.limits.items()},
            "rules": {rule.id: _rule_logic(rule) for rule in self.rules},
        }
        return _sha256(json.dumps(logic, sort_keys=True, separators=(",", ":"), allow_nan=False))

    @cached_property
    def inputs_hash(self) -> str:
        """``sha256:…`` over the declared inputs alone: when it moves, callers are concerned."""
        inputs = {name: asdict(declared) for name, declared in self.inputs.items()}
        return _sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False))

    @cached_property
    def text_hash(self) -> str:
        """``sha256:…`` over the text as it was read, in UTF-8."""
        return _sha256(self.text)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError names the pack when there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(f"{self.name} has no rule {rule_id}")


def _rule_logic(rule: Rule) -> dict[str, Any]:
    return {"when": to_cel(rule.condition), "then": rule.then, "cap": rule.cap}


def _sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
