"""What tells a surviving mutant from its rule: a signal found by the solver, or a proof that none does."""

from dataclasses import dataclass, replace

from engine.boundary_values import Facts
from engine.difference import difference
from engine.mutants import Mutant
from engine.pack import Rule, RulePack


@dataclass(frozen=True, slots=True)
class Told:
    """``idle``: proved to give the same on every signal. Else ``facts`` tell it apart, None if unknown."""

    idle: bool
    facts: Facts | None = None


def told_apart(pack: RulePack, rule: Rule, mutant: Mutant) -> Told:
    """A signal to which ``mutant`` in the place of ``rule`` objects otherwise, if there is one.

    Raises:
        EngineFailure: the solver and the evaluators do not agree.
    """
    stance = mutant.stance
    other = replace(rule, condition=stance.condition, then=stance.then, cap=stance.cap)
    mutated = replace(pack, rules=tuple(other if one is rule else one for one in pack.rules))
    changed = [one for one in difference([pack], [mutated]).rules if one.verdict != "identical"]
    answers = (answer for one in changed for answer in (one.looser, one.stricter))
    return Told(not changed, next((one.facts for one in answers if one.facts is not None), None))
