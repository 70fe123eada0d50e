"""Runs the cases of a pack: every example must give what its author expects."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import FactsIncomplete
from engine.evaluate import evaluate
from engine.outcome import Outcome
from engine.pack import Case, Rule, RulePack
from engine.problems import Problem

CaseEffect = str
"""What a case showed of its own rule: ``hit``, ``miss``, ``unknown``, or ``fault``."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case with what came out; ``problem`` is None when it holds."""

    rule: str
    case: Case
    effect: CaseEffect
    verdict: str
    problem: Problem | None


def run_cases(pack: RulePack) -> tuple[CaseResult, ...]:
    """Every case of every rule, judged by this pack alone."""
    return tuple(_run(pack, rule, case) for rule, case in _cases(pack))


def _cases(pack: RulePack) -> Iterator[tuple[Rule, Case]]:
    return ((rule, case) for rule in pack.rules for case in rule.cases)


def _run(pack: RulePack, rule: Rule, case: Case) -> CaseResult:
    try:
        outcome = evaluate([pack], case.facts)
    except FactsIncomplete as incomplete:
        text = "has facts the pack refuses: " + "; ".join(fault.text for fault in incomplete.faults)
        return CaseResult(rule.id, case, "fault", "fault", _problem(pack, rule, case, "P404", text))
    effect = next(one.result for one in outcome.rules if one.rule == f"{pack.name}/{rule.id}")
    return CaseResult(rule.id, case, effect, outcome.verdict.name, _unexpected(pack, rule, case, outcome))


def _unexpected(pack: RulePack, rule: Rule, case: Case, outcome: Outcome) -> Problem | None:
    if outcome.verdict is not case.expect:
        why = "; ".join(f"{hit.rule}: {hit.message}" for hit in outcome.hits) or "no rule objects"
        text = f"expects {case.expect.name} and gets {outcome.verdict.name} ({why})"
        return _problem(pack, rule, case, "P405", text)
    if case.size is not None and outcome.approved_size_pct != case.size:
        text = f"expects the size {case.size} and gets {outcome.approved_size_pct}"
        return _problem(pack, rule, case, "P406", text)
    return None


def _problem(pack: RulePack, rule: Rule, case: Case, code: str, text: str) -> Problem:
    text = f"{rule.id}: the case '{case.name}' {text}; mend the rule or the case"
    return Problem(pack.source, case.place.line, case.place.column, code, text)
