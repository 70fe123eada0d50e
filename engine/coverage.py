"""How well the cases of a pack hold its rules: which leaves they let decide, which mutants they notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.boundary_values import Facts
from engine.cases import CaseResult, run_cases
from engine.effects import Effect, Stance, accepts, effect_teller, pack_size, pack_verdict
from engine.generated import GeneratedCase, generated_cases
from engine.leaves import decides, leaves_of, truth_teller
from engine.literals import to_cel
from engine.mutants import Mutant, mutants_of
from engine.pack import Case, Rule, RulePack

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

    @property
    def holds(self) -> bool:
        """Whether every case holds and every mutant is noticed."""
        return not any(one.problem for one in self.results) and not any(one.survivors for one in self.rules)


def coverage_of(pack: RulePack) -> PackCoverage:
    """Run the cases of ``pack``, generate more, and see what both are worth."""
    tellers = [effect_teller(_stance(rule), pack.inputs) for rule in pack.rules]
    rules = tuple(_RuleUnderTest(pack, place, tellers).coverage() for place in range(len(pack.rules)))
    return PackCoverage(run_cases(pack), rules)


class _RuleUnderTest:
    """One rule with everything that might notice if it were another."""

    def __init__(self, pack: RulePack, place: int, tellers: Sequence[Tell]) -> None:
        self.pack = pack
        self.rule = pack.rules[place]
        self.tell = tellers[place]
        self.generated = generated_cases(pack, self.rule)
        self.cases = [
            (case, [tell(case.facts) for at, tell in enumerate(tellers) if at != place])
            for rule in pack.rules
            for case in rule.cases
            if accepts(pack, case.facts)
        ]

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
        return any(not _as_expected(case, [*others, tell(case.facts)]) for case, others in self.cases)

    def _moves_a_generated_case(self, tell: Tell) -> bool:
        """Facts that the pack refuses count too: rules are judged as far as they can be."""
        return any(tell(one.facts) != self.tell(one.facts) for one in self.generated)


def leaf_coverage(rule: Rule, signals: Sequence[Facts]) -> tuple[LeafCoverage, ...]:
    """For every leaf of the rule's condition, what ``signals`` show of it."""
    leaves = leaves_of(rule.condition)
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
