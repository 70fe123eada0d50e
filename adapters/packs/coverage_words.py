"""What the cases of a pack are worth, in words and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import EngineFailure, RulePack, evaluate
from engine.boundary_values import Facts, starting_facts
from engine.coverage import PackCoverage, RuleCoverage
from engine.generated import GeneratedCase
from engine.message import in_words
from engine.mutants import Mutant

if TYPE_CHECKING:
    from engine.surviving import Told


@dataclass(frozen=True, slots=True)
class Survivors:
    """The mutants of one rule that nothing notices, each with a signal that would tell it, if one is known.

    ``idle`` ones are proved to change nothing.
    """

    open: tuple[tuple[Mutant, Facts | None], ...]
    idle: tuple[Mutant, ...]


def survivors_of(pack: RulePack, rule: RuleCoverage) -> Survivors:
    """What the solver says of the mutants of ``rule`` that survive; it is asked only if there are any."""
    told = [(one, _told(pack, rule.rule, one)) for one in rule.survivors]
    open_ = tuple((one, found.facts) for one, found in told if not found.idle)
    return Survivors(open_, tuple(one for one, found in told if found.idle))


def as_text(pack: RulePack, found: PackCoverage, survivors: dict[str, Survivors]) -> str:
    """Failing cases, a line for each rule, what is missing, and the sum."""
    lines = [str(one.problem) for one in found.results if one.problem is not None]
    width = max((len(one.rule) for one in found.rules), default=0)
    lines += [f"{pack.name} {pack.version} ({pack.source})"]
    lines += [f"  {'rule':<{width}}  cases  generated  leaves shown  mutants"]
    lines += [f"  {one.rule:<{width}}  {_counts(one)}" for one in found.rules]
    lines += [f"  missing: {words}" for one in found.rules for words in _missing(one)]
    for rule, left in survivors.items():
        lines += [f"  survives: {rule}: {one.words}{_hint(pack, facts)}" for one, facts in left.open]
        lines += [f"  changes nothing: {rule}: {one.words} (proved)" for one in left.idle]
    return "\n".join([*lines, _sum(found, survivors)])


def as_json(pack: RulePack, found: PackCoverage, survivors: dict[str, Survivors]) -> dict[str, Any]:
    """The same for a machine, every generated case included with what it gives."""
    return {
        "pack": pack.name, "version": pack.version,
        "failing": [str(one.problem) for one in found.results if one.problem is not None],
        "rules": [_rule_json(pack, one, survivors[one.rule]) for one in found.rules],
    }  # fmt: skip


def judged(pack: RulePack, case: GeneratedCase) -> dict[str, Any]:
    """A generated case with what the whole pack says of it; facts that it refuses are a REJECT."""
    outcome = evaluate([pack], case.facts, partial=True)
    return {
        "facts": dict(case.facts), "verdict": outcome.verdict.name,
        "hits": [[hit.rule, hit.verdict.name, hit.cause] for hit in outcome.hits],
        "caps": [[cap.rule, cap.size_pct] for cap in outcome.caps],
        "approved_size_pct": outcome.approved_size_pct,
    }  # fmt: skip


def _told(pack: RulePack, rule_id: str, mutant: Mutant) -> "Told":
    from engine.surviving import Told, told_apart  # noqa: PLC0415 - the solver is heavy and seldom needed

    try:
        return told_apart(pack, pack.rule(rule_id), mutant)
    except EngineFailure:  # then nothing is known of it, and it survives
        return Told(idle=False)


def _hint(pack: RulePack, facts: Facts | None) -> str:
    """The signal that a case must have to notice it, as far as it differs from the starting point."""
    if facts is None:
        return ""
    start = starting_facts(pack)
    changed = [f"{name} {in_words(value)}" for name, value in facts.items() if start.get(name) != value]
    changed += [f"no {name}" for name in start if name not in facts]
    return f"; a case with {', '.join(changed) or 'nothing changed'} would notice"


def _counts(rule: RuleCoverage) -> str:
    shown = f"{sum(not leaf.missing for leaf in rule.leaves)} of {len(rule.leaves)}"
    by_generated = f", {len(rule.found)} by generated cases" if rule.found else ""
    return f"{rule.cases:>5}  {len(rule.generated):>9}  {shown:>12}  {len(rule.caught)} caught{by_generated}"


def _missing(rule: RuleCoverage) -> Iterator[str]:
    for own, all_ in zip(rule.leaves, rule.leaves_with_generated, strict=True):
        for word in own.missing:
            only = "no signal at all" if word in all_.missing else "no case"
            yield f"{rule.rule}: {only} shows {own.leaf} deciding by being {word}"


def _sum(found: PackCoverage, survivors: dict[str, Survivors]) -> str:
    failing = sum(one.problem is not None for one in found.results)
    caught, by_generated = (
        sum(len(getattr(one, word)) for one in found.rules) for word in ("caught", "found")
    )
    open_, idle = (sum(len(getattr(one, word)) for one in survivors.values()) for word in ("open", "idle"))
    cases = f"{len(found.results)} cases, {failing or 'none'} failing"
    noticed = f"{caught} caught by cases, {by_generated} by generated cases alone"
    unnoticed = f"{idle} change nothing, {open_} survive"
    return f"{cases}; {caught + by_generated + open_ + idle} mutants: {noticed}, {unnoticed}"


def _rule_json(pack: RulePack, rule: RuleCoverage, survivors: Survivors) -> dict[str, Any]:
    return {
        "rule": rule.rule, "cases": rule.cases,
        "generated": {one.name: judged(pack, one) for one in rule.generated},
        "leaves": [
            {"leaf": own.leaf, "missing": [*own.missing], "missing_with_generated": [*all_.missing]}
            for own, all_ in zip(rule.leaves, rule.leaves_with_generated, strict=True)
        ],
        "mutants": {
            "caught": [one.words for one in rule.caught], "found": [one.words for one in rule.found],
            "idle": [one.words for one in survivors.idle], "survivors": [
                {"words": one.words, "facts": None if facts is None else dict(facts)}
                for one, facts in survivors.open
            ],
        },
    }  # fmt: skip
