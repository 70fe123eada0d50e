"""A proved difference in words: as text, as a Markdown block for a pull request, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine import RulePack
from engine.difference import CapChange, Difference, Moved, Transition
from engine.difference_rules import RuleChange
from engine.message import in_words
from engine.symbolic_search import Answer
from engine.symbolic_space import Facts
from engine.symbolic_start import Start

if TYPE_CHECKING:
    from adapters.regress.report import Report

_FACTS, _RULES = 12, 6  # so many are told in words; --json has all
_SUMMARY = {
    "identical": "every signal gets the same verdict and the same size",
    "stricter": "some signals get a stricter verdict or less size, none a milder one or more",
    "looser": "some signals get a milder verdict or more size, none a stricter one or less",
    "incomparable": "some signals are judged more strictly and some less",
    "unknown": "the solver gave up on some questions; read it as looser",
}


def as_text(before: RulePack, after: RulePack, found: Difference, counted: "Report | None" = None) -> str:
    """One line for the whole, one for each way to move, one for each rule that changed."""
    lines = [f"{_title(before, after)}: {found.verdict}", f"  {_SUMMARY[found.verdict]}", ""]
    lines += [f"  {_label(one):<20}{_way(one, found, counted)}" for one in _ways(found)]
    lines += [f"  {'approvals live':<20}{_lives(found)}"] if _lives(found) else []
    rules = list(_changed(found))
    if rules:
        lines += ["", "rules:", *(f"  {one.rule}: {_rule(one, found.start)}" for one in rules)]
    return "\n".join(lines)


def as_markdown(before: RulePack, after: RulePack, found: Difference, counted: "Report | None" = None) -> str:
    """The same as a block fit for a pull request."""
    lines = [
        f"### {_title(before, after)}: **{found.verdict}**",
        "",
        f"{_SUMMARY[found.verdict].capitalize()}.",
        "",
    ]
    lines += ["| signals | |", "|---|---|"]
    lines += [f"| {_label(one)} | {_cell(_way(one, found, counted))} |" for one in _ways(found)]
    lines += [f"| approvals live | {_lives(found)} |"] if _lives(found) else []
    rules = list(_changed(found))
    if rules:
        lines += ["", "| rule | |", "|---|---|"]
        lines += [f"| `{one.rule}` | {_cell(_rule(one, found.start))} |" for one in rules]
    return "\n".join(lines)


def as_json(
    before: RulePack, after: RulePack, found: Difference, counted: "Report | None" = None
) -> dict[str, Any]:
    """The same for a machine; ``facts`` are whole signals."""
    return {
        "verdict": found.verdict,
        "before": _named(before),
        "after": _named(after),
        "transitions": [
            {"from": one.before.name, "to": one.after.name, **_moved_json(one.moved), **_many(one, counted)}
            for one in found.transitions
        ],
        "caps": [{"move": one.move, **_moved_json(one.moved), **_many(one, counted)} for one in found.caps],
        **({"signals": {"source": counted.source, "total": counted.count}} if counted else {}),
        "decision_ttl_seconds": dict(zip(("from", "to"), found.ttl_seconds, strict=True)),
        "rules": [_rule_json(one) for one in found.rules],
    }


def changed_facts(facts: Facts, start: Start) -> str:
    """A signal in words: what it has in common with the starting point is named, not repeated."""
    units = [f"{name} {_value(value)}" for name, value in facts.items() if not _common(name, value, start)]
    units += [f"no {name}" for name in start.facts if start.name and name not in facts]
    if start.name is None:
        return _first(units, _FACTS)
    return f"{start.name} with {_first(units, _FACTS)}" if units else start.name


def _first(words: Sequence[str], most: int) -> str:
    """All of ``words``, or where they would fill the screen the first ones and how many more there are."""
    more = len(words) - most
    return ", ".join(words) if more <= 0 else f"{', '.join(words[:most])} and {more} more"


def _common(name: str, value: Any, start: Start) -> bool:
    return start.name is not None and start.facts.get(name) == value


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return ("true" if value else "false") if isinstance(value, bool) else in_words(value)


def _title(before: RulePack, after: RulePack) -> str:
    return f"{_named_text(before)} -> {_named_text(after)}"


def _named_text(pack: RulePack) -> str:
    name = f"{pack.name}@{pack.version}"
    return name if pack.source == name else f"{name} ({pack.source})"


def _named(pack: RulePack) -> dict[str, str]:
    return {"pack": pack.name, "version": pack.version, "source": pack.source, "logic": pack.logic_hash}


def _ways(found: Difference) -> Sequence[Transition | CapChange]:
    return (*found.transitions, *found.caps)


def _label(one: Transition | CapChange) -> str:
    return f"{one.before.name} -> {one.after.name}" if isinstance(one, Transition) else f"{one.move} size"


def _way(one: Transition | CapChange, found: Difference, counted: "Report | None") -> str:
    touches = f"{_many(one, counted)['signals']:,} of {counted.count:,} signals; " if counted else ""
    return touches + _moved(one.moved, found.start)


def _many(one: Transition | CapChange, counted: "Report | None") -> dict[str, int]:
    """How many recorded signals move so, where they were counted."""
    if counted is None:
        return {}
    if isinstance(one, CapChange):
        return {"signals": counted.sizes[one.move]}
    return {"signals": counted.matrix[one.before, one.after]}


def _moved(moved: Moved, start: Start) -> str:
    if moved.answer.facts is None:
        return moved.answer.status
    sides = (moved.before, moved.after), (moved.after, moved.before)
    before, after = (_first(_own_first(*side), _RULES) or "nothing" for side in sides)
    return f"{changed_facts(moved.answer.facts, start)} (objects before: {before}; after: {after})"


def _own_first(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """``names``, those first that are not among ``others``: they tell why the signal moves."""
    return sorted(names, key=lambda name: name in others)


def _moved_json(moved: Moved) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": moved.answer.status}
    if moved.answer.facts is None:
        return shown
    objections = {"before": list(moved.before), "after": list(moved.after)}
    return shown | {"facts": dict(moved.answer.facts), "objections": objections}


def _lives(found: Difference) -> str:
    before, after = found.ttl_seconds
    return f"{before} s -> {after} s" if before != after else ""


def _changed(found: Difference) -> Iterator[RuleChange]:
    return (one for one in found.rules if one.kind != "kept")


def _rule(change: RuleChange, start: Start) -> str:
    shown = [
        f"{word} on {changed_facts(answer.facts, start)}"
        for word, answer in (("looser", change.looser), ("stricter", change.stricter))
        if answer.facts is not None
    ]
    return f"{change.kind}, {change.verdict}" + (f" ({'; '.join(shown)})" if shown else "")


def _rule_json(change: RuleChange) -> dict[str, Any]:
    witnesses: dict[str, Answer] = {"looser": change.looser, "stricter": change.stricter}
    facts = {f"{word}_facts": dict(one.facts) for word, one in witnesses.items() if one.facts is not None}
    return {"rule": change.rule, "change": change.kind, "verdict": change.verdict, **facts}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
