"""What the evaluators say of facts that the solver found: nothing is shown that they do not confirm."""

from collections.abc import Sequence
from math import inf

from engine.evaluate import evaluate
from engine.outcome import Outcome
from engine.pack import RulePack
from engine.symbolic_space import Facts
from engine.verdict import Verdict, strongest


def judged(packs: Sequence[RulePack], facts: Facts) -> Outcome:
    """What both evaluators say of the facts that ``packs`` declare; what they refuse is a REJECT."""
    declared = {name for pack in packs for name in pack.inputs}
    own = {name: value for name, value in facts.items() if name in declared}
    return evaluate(packs, own, partial=True)


def objections(outcome: Outcome) -> tuple[str, ...]:
    """The full names of the rules that object, strongest first, then of those whose cap applies."""
    return (*(hit.rule for hit in outcome.hits), *(cap.rule for cap in outcome.caps))


def lowest_cap(outcome: Outcome) -> float:
    """The smallest cap that applies, a fraction of equity; infinity where none does."""
    return min((cap.size_pct for cap in outcome.caps), default=inf)


def size_let_through(outcome: Outcome, facts: Facts) -> float:
    """How much caps leave of the size asked for; infinity where neither a size nor a cap is given."""
    asked = facts.get("size_pct")
    return min(lowest_cap(outcome), asked if isinstance(asked, float) else inf)


def effect_of(outcome: Outcome, rule: str) -> tuple[Verdict, float]:
    """What one rule gives: its verdict, APPROVE where it does not object, and its cap, infinity for none."""
    caps = [cap.size_pct for cap in outcome.caps if cap.rule == rule]
    return strongest(hit.verdict for hit in outcome.hits if hit.rule == rule), min(caps, default=inf)
