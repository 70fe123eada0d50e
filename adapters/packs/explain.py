"""A pack or one rule in words: what it reads, its limits, what it says, its history, its cases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.packs.history import Change, history_of, limit_in_words, limits_of
from engine import Case, Rule, RulePack
from engine.condition_words import condition_in_words
from engine.declarations import Input
from engine.message import in_words

_DIRECTIONS = {"riskier_up": "riskier when higher", "safer_up": "safer when higher"}
_ABSENT = {
    "required": "required",
    "skip": "may be absent: then its rules are passed over",
    "REVIEW": "REVIEW when absent",
    "REJECT": "REJECT when absent",
}


def pack_in_words(pack: RulePack, released: Sequence[RulePack]) -> str:
    """What the pack is for, what it reads, and one line for every rule."""
    versions = ", ".join(one.version for one in released) or "none yet"
    lines = [
        f"{pack.name} {pack.version} ({pack.source}), kept by {pack.owner or 'nobody'}",
        f"  {pack.purpose or 'says not what it is for'}",
        f"  released: {versions}; an approval may wait {pack.decision_ttl_seconds} s before it is used",
        *_titled("reads", _columns((name, input_in_words(one)) for name, one in pack.inputs.items())),
        *_titled("rules", _columns((rule.id, effect_in_words(pack, rule)) for rule in pack.rules)),
    ]
    return "\n".join(lines)


def rule_in_words(pack: RulePack, rule: Rule, released: Sequence[RulePack]) -> str:
    """Everything about one rule."""
    lines = [
        f"{pack.name}/{rule.id} ({pack.source}:{rule.place.line})",
        f"  {effect_in_words(pack, rule)}",
        f"  says: {rule.reason or rule.when}",
        f"  why:  {rule.rationale or 'nobody wrote it down'}",
        *_titled("reads", _columns((name, input_in_words(pack.inputs[name])) for name in rule.reads)),
        *_titled("limits", _columns(_limits(pack, rule))),
        *_titled("history", _columns((one.version, one.words) for one in changes(pack, rule, released))),
        *_titled("cases", _columns((case.name, _case(pack, rule, case)) for case in rule.cases)),
    ]  # fmt: skip
    return "\n".join(lines)


def pack_as_json(pack: RulePack, released: Sequence[RulePack]) -> dict[str, Any]:
    """The same for a machine, every rule included."""
    return {
        "pack": pack.name, "version": pack.version, "owner": pack.owner, "purpose": pack.purpose,
        "decision_ttl_seconds": pack.decision_ttl_seconds, "released": [one.version for one in released],
        "inputs": {name: input_in_words(one) for name, one in pack.inputs.items()},
        "rules": [rule_as_json(pack, rule, released) for rule in pack.rules],
    }  # fmt: skip


def rule_as_json(pack: RulePack, rule: Rule, released: Sequence[RulePack]) -> dict[str, Any]:
    """One rule for a machine."""
    return {
        "rule": f"{pack.name}/{rule.id}", "words": effect_in_words(pack, rule), "when": rule.when,
        "reason": rule.reason, "rationale": rule.rationale,
        "reads": {name: input_in_words(pack.inputs[name]) for name in rule.reads},
        "limits": dict(_limits(pack, rule)),
        "history": [{"version": one.version, "words": one.words} for one in changes(pack, rule, released)],
        "cases": [_case_json(case) for case in rule.cases],
    }  # fmt: skip


def changes(pack: RulePack, rule: Rule, released: Sequence[RulePack]) -> Iterable[Change]:
    """The history of ``rule`` with, where the editable text has moved on, what that brings."""
    known = history_of(rule.id, released)
    yield from known
    ahead = history_of(rule.id, [*released[-1:], pack])[len(history_of(rule.id, released[-1:])) :]
    yield from (Change("unreleased", one.words) for one in ahead)


def effect_in_words(pack: RulePack, rule: Rule) -> str:
    """``REJECT when …`` or ``at most 1 % when …``."""
    effect = rule.then.name if rule.then is not None else f"at most {in_words(rule.cap or 0.0, 'fraction')}"
    return f"{effect} when {condition_in_words(rule.condition, pack)}"


def input_in_words(declared: Input) -> str:
    """Type, unit, range, direction, and what its absence means."""
    return ", ".join(_input(declared))


def _limits(pack: RulePack, rule: Rule) -> Iterator[tuple[str, str]]:
    return ((f"limits.{name}", limit_in_words(pack, name)) for name in limits_of(rule))


def _input(declared: Input) -> Iterator[str]:
    yield f"{declared.type} ({declared.unit})" if declared.unit else declared.type
    if declared.one_of is not None:
        yield f"one of {', '.join(declared.one_of)}"
    yield from _range(declared)
    if declared.direction is not None:
        yield _DIRECTIONS[declared.direction]
    yield _ABSENT[declared.absent]
    if declared.source == "house":
        yield "set by the house alone"


def _range(declared: Input) -> Iterator[str]:
    low, high = declared.minimum, declared.maximum
    if low is not None or high is not None:
        yield _ends(*(None if one is None else in_words(one, declared.unit) for one in (low, high)))
    if declared.min_length is not None or declared.max_length is not None:
        lengths = (None if one is None else str(one) for one in (declared.min_length, declared.max_length))
        yield f"{_ends(*lengths)} characters"


def _ends(low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"{low} or more" if low is not None else f"at most {high}"


def _case(pack: RulePack, rule: Rule, case: Case) -> str:
    size = "" if case.size is None else f", {in_words(case.size, 'fraction')} let through"
    given = (f"{name} {_fact(pack, case.facts, name)}" for name in rule.reads)
    return f"{case.expect.name}{size}: {', '.join(given) or 'whatever is given'}"


def _fact(pack: RulePack, facts: Mapping[str, Any], name: str) -> str:
    return "absent" if name not in facts else in_words(facts[name], pack.inputs[name].unit)


def _case_json(case: Case) -> dict[str, Any]:
    return {"name": case.name, "expect": case.expect.name, "size": case.size, "facts": dict(case.facts)}


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    listed = list(rows)
    width = max((len(left) for left, _ in listed), default=0)
    return [f"  {left:<{width}}  {right}" for left, right in listed]
