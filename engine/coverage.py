"""How well the cases of a pack hold its rules: which leaves they let decide, which mutants they notice."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from engine.boundary_values import Facts
from engine.cases import CaseResult, run_cases
from engine.effects import Effect, Stance, accepts, effect_teller, pack_size, pack_verdict
from engine.generated import GeneratedCase, generated_cases
from engine.leaves import decides, leaves_of, truth_teller
from engine.literals import to_cel
from engine.mutants import Mutant, mutants_of
from engine.pack import Case, Rule, RulePack
from engine.verdict import strongest

Tell = Callable[[Facts], Effect]


@dataclass(frozen=True, slots=True)
class LeafCoverage:
    """One leaf of a condition: whether some facts let it decide by being true, and by being false."""

    leaf: str
    when_true: bool
    when_false: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """The truths for which nothing shows that the leaf matters."""
        shown = (("true", self.when_true), ("false", self.when_false))
        return tuple(word for word, seen in shown if not seen)


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """One rule: its leaves by the author's cases, and with the generated ones; what became of its mutants.

    ``caught`` mutants break one of the author's cases, ``found`` ones change what a generated case
    gives, and nothing tells ``survivors`` from the rule.
    """

    rule: str
    cases: int
    generated: tuple[GeneratedCase, ...]
    leaves: tuple[LeafCoverage, ...]
    leaves_with_generated: tuple[LeafCoverage, ...]
    caught: tuple[Mutant, ...]
    found: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]


@dataclass(frozen=True, slots=True)
class PackCoverage:
    """A pack's cases as they came out, and what they cover."""

    results: tuple[CaseResult, ...]
    rules: tuple[RuleCoverage, ...]


def coverage_of(pack: RulePack) -> PackCoverage:
    """Run the cases of ``pack``, generate more, and see what both are worth."""
    tellers = [effect_teller(_stance(rule), pack.inputs) for rule in pack.rules]
    grounds = [
        _Ground(case, [tell(case.facts) for tell in tellers])
        for rule in pack.rules
        for case in rule.cases
        if accepts(pack, case.facts)
    ]
    holding = [one for one in grounds if one.holds]
    rules = tuple(_RuleUnderTest(pack, place, tell, holding).coverage() for place, tell in enumerate(tellers))
    return PackCoverage(run_cases(pack), rules)


class _Ground:
    """One case with what all rules give on it, so that one of them can be exchanged at little cost."""

    def __init__(self, case: Case, effects: Sequence[Effect]) -> None:
        self.case = case
        self.effects = effects
        self.verdicts = Counter(one.verdict for one in effects)
        self.caps = sorted(one.cap for one in effects)[:2]
        self.holds = _as_expected(case, effects)

    def holds_with(self, place: int, effect: Effect) -> bool:
        """Whether the case would hold if the rule at ``place`` gave ``effect``."""
        return effect == self.effects[place] or _as_expected(self.case, (effect, self._rest(place)))

    def _rest(self, place: int) -> Effect:
        """What all other rules give together."""
        mine = self.effects[place]
        verdict = strongest(one for one, count in self.verdicts.items() if count > (one is mine.verdict))
        lowest, next_lowest = (*self.caps, inf)[:2]
        return Effect(verdict, next_lowest if mine.cap == lowest else lowest)


class _RuleUnderTest:
    """One rule with everything that might notice if it were another."""

    def __init__(self, pack: RulePack, place: int, tell: Tell, grounds: Sequence[_Ground]) -> None:
        self.pack = pack
        self.place = place
        self.rule = pack.rules[place]
        self.tell = tell
        self.grounds = grounds
        self.generated = generated_cases(pack, self.rule)

    def coverage(self) -> RuleCoverage:
        own = [case.facts for case in self.rule.cases]
        mutants = mutants_of(self.rule)
        caught = tuple(one for one in mutants if self._breaks_a_case(self._told(one)))
        rest = [one for one in mutants if one not in caught]
        found = tuple(one for one in rest if self._moves_a_generated_case(self._told(one)))
        return RuleCoverage(
            rule=self.rule.id,
            cases=len(own),
            generated=self.generated,
            leaves=leaf_coverage(self.rule, own),
            leaves_with_generated=leaf_coverage(self.rule, [*own, *(one.facts for one in self.generated)]),
            caught=caught,
            found=found,
            survivors=tuple(one for one in rest if one not in found),
        )

    def _told(self, mutant: Mutant) -> Tell:
        return effect_teller(mutant.stance, self.pack.inputs)

    def _breaks_a_case(self, tell: Tell) -> bool:
        return any(not one.holds_with(self.place, tell(one.case.facts)) for one in self.grounds)

    def _moves_a_generated_case(self, tell: Tell) -> bool:
        """Facts that the pack refuses count too: rules are judged as far as they can be."""
        return any(tell(one.facts) != self.tell(one.facts) for one in self.generated)


def leaf_coverage(rule: Rule, signals: Sequence[Facts]) -> tuple[LeafCoverage, ...]:
    """For every leaf of the rule's condition, what ``signals`` show of it; none where it always hits."""
    leaves = () if rule.always else leaves_of(rule.condition)
    tellers = {leaf: truth_teller(leaf) for leaf in leaves}
    seen = {(leaf, truth): False for leaf in leaves for truth in (True, False)}
    for facts in signals:
        truths = {leaf: tell(facts) for leaf, tell in tellers.items()}
        for leaf, truth in truths.items():
            if truth is not None and not seen[leaf, truth] and decides(leaf, rule.condition, truths):
                seen[leaf, truth] = True
    return tuple(LeafCoverage(to_cel(leaf), seen[leaf, True], seen[leaf, False]) for leaf in leaves)


def _as_expected(case: Case, effects: Sequence[Effect]) -> bool:
    if pack_verdict(effects) is not case.expect:
        return False
    return case.size is None or pack_size(effects, case.facts) == case.size


def _stance(rule: Rule) -> Stance:
    return Stance(rule.condition, rule.then, rule.cap)
