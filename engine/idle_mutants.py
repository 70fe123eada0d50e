"""Which surviving mutants are no mistakes: the solver proves that they change nothing for any signal."""

from dataclasses import replace

from engine.difference import difference
from engine.mutants import Mutant
from engine.pack import Rule, RulePack


def changes_nothing(pack: RulePack, rule: Rule, mutant: Mutant) -> bool:
    """Whether ``mutant`` in the place of ``rule`` is proved to object to the same signals in the same way.

    Raises:
        EngineFailure: the solver and the evaluators do not agree.
    """
    stance = mutant.stance
    other = replace(rule, condition=stance.condition, then=stance.then, cap=stance.cap)
    mutated = replace(pack, rules=tuple(other if one is rule else one for one in pack.rules))
    found = difference([pack], [mutated])
    return all(one.verdict == "identical" for one in found.rules)
