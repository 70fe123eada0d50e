"""Packs as columns: what the evaluators say of one signal, said of every row of a table at once.

The expressions mean exactly what ``evaluate(packs, facts, partial=True)`` means: facts that a pack
refuses make a REJECT and count as absent for its rules, NULL is absent, arithmetic is on doubles and
must be finite. Only the libraries behind a ``Surface`` know how they are computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.columnar_conditions import Conditions
from engine.columnar_surface import Surface, Term, Truth, all_of, any_of, balanced, negated
from engine.declarations import Input
from engine.pack import Rule, RulePack
from engine.verdict import Verdict

MASK_BITS = 32
"""Rules in one mask column; the next ones go to the next column."""
SIZE = "size_pct"


@dataclass(frozen=True, eq=False)
class RuleColumns:
    """One rule of one pack: where it hits, and what it gives where it cannot be judged."""

    name: str
    rule: Rule
    pack: RulePack
    conditions: Conditions

    @cached_property
    def hit(self) -> Truth:
        """Where the condition is true."""
        return self.conditions.surface.share(self.conditions.true(self.rule.condition))

    @cached_property
    def unknown(self) -> Truth:
        """Where the condition is neither true nor false."""
        return negated(any_of([self.hit, self.conditions.false(self.rule.condition)]))

    def gives(self, verdict: Verdict) -> Truth:
        """Where the rule says ``verdict`` or something stricter; for a cap, where it objects at all."""
        own = Verdict.REJECT if self.rule.then is None else self.rule.then
        lacking = self.gives_lacking(verdict)
        return any_of([self.hit, lacking]) if own >= verdict else lacking

    def gives_lacking(self, verdict: Verdict) -> Truth:
        """Where it says so because it cannot be judged without an absent input."""
        absent = any_of(map(self._lacks, self._inputs_that_give(verdict)))
        return False if absent is False else all_of([self.unknown, absent])

    def _inputs_that_give(self, verdict: Verdict) -> Iterable[Input]:
        declared = (self.pack.inputs[name] for name in self.rule.reads)
        return (one for one in declared if one.verdict_when_absent >= verdict)

    def _lacks(self, declared: Input) -> Truth:
        return negated(self.conditions.known(declared.name))


class PanelColumns:
    """What several packs together say of every row; a pack given twice counts once.

    Raises:
        ValueError: without a pack there is nothing to judge by.
        ColumnsUnfit: a column that has the name of an input holds something else.
    """

    def __init__(self, packs: Sequence[RulePack], surface: Surface) -> None:
        if not packs:
            raise ValueError("no pack to judge by: give at least one")
        unique = {(pack.name, pack.version, pack.text_hash): pack for pack in packs}
        self.packs = tuple(sorted(unique.values(), key=lambda pack: pack.name))
        self.surface = surface
        self._conditions = [Conditions(surface, pack.inputs) for pack in self.packs]
        self.rules = [
            RuleColumns(f"{pack.name}/{rule.id}", rule, pack, conditions)
            for pack, conditions in zip(self.packs, self._conditions, strict=True)
            for rule in pack.rules
        ]

    @cached_property
    def incomplete(self) -> Truth:
        """Where facts are missing or refused by a pack that declares them."""
        return any_of(one.refused(path) for one in self._conditions for path in one.inputs)

    @cached_property
    def not_finite(self) -> Truth:
        """Where a calculation has its operands and no finite value."""
        return any_of(one.conditions.not_finite(one.rule.condition) for one in self.rules)

    @cached_property
    def rejects(self) -> Truth:
        """Where the verdict is REJECT."""
        return any_of([self._hit_that_says(Verdict.REJECT), *self._otherwise(Verdict.REJECT)])

    @cached_property
    def verdict(self) -> Term:
        """0 APPROVE, 1 REVIEW, 2 REJECT."""
        reviews = any_of([self._hit_that_says(Verdict.REVIEW), *self._otherwise(Verdict.REVIEW)])
        reviewed = self._choose(reviews, self._whole(1, 2), self._whole(0, 2))
        return self._choose(self.rejects, self._whole(2, 2), reviewed)

    @cached_property
    def approved_size_pct(self) -> Term:
        """Fraction of equity: 0 on REJECT, NULL where none was asked, else the least of it and all caps."""
        size = self.surface.no_number()
        for conditions in reversed([one for one in self._conditions if SIZE in one.inputs]):
            if (known := conditions.known(SIZE)) is not False:
                size = self._choose(known, self.surface.value(SIZE, "number"), size)
        for cap in sorted({one.rule.cap for one in self.rules if one.rule.cap is not None}, reverse=True):
            size = self._capped(size, cap)
        return self._choose(self.rejects, self.surface.double(0.0), size)

    @cached_property
    def hits(self) -> list[Term]:
        """Bit ``i % 32`` of column ``i // 32`` is set where rule ``i`` of ``rules`` hits."""
        return [self.surface.column(mask) for mask in self._masks([one.hit for one in self.rules])]

    @cached_property
    def unknowns(self) -> list[Term]:
        """The same for rules that cannot be judged."""
        return self._masks([one.unknown for one in self.rules])

    def _hit_that_says(self, verdict: Verdict) -> Truth:
        """Where a rule hits that says ``verdict``; read off the masks, which need each condition once."""
        says = [one.rule.then == verdict for one in self.rules]
        places = range(0, len(says), MASK_BITS)
        wanted = (sum(said << at for at, said in enumerate(says[place:][:MASK_BITS])) for place in places)
        return any_of((mask & bits) != 0 for mask, bits in zip(self.hits, wanted, strict=True) if bits)

    def _otherwise(self, verdict: Verdict) -> list[Truth]:
        """Where something else than a hit says ``verdict`` or something stricter."""
        lacking = [one.gives_lacking(verdict) for one in self.rules if one.rule.cap is None]
        faults = [self.incomplete, self.not_finite] if verdict == Verdict.REJECT else []
        return [*lacking, *faults]

    def _capped(self, size: Term, cap: float) -> Term:
        """``size``, or ``cap`` where a rule with that cap applies and more is asked."""
        applies = any_of(one.gives(Verdict.REVIEW) for one in self.rules if one.rule.cap == cap)
        if applies is False:
            return size
        bound = self.surface.double(cap)
        return self._choose(all_of([applies, size > bound]), bound, size)

    def _masks(self, truths: Sequence[Truth]) -> list[Term]:
        return [self._mask(truths[at : at + MASK_BITS]) for at in range(0, len(truths), MASK_BITS)]

    def _mask(self, truths: Sequence[Truth]) -> Term:
        bits, nothing = len(truths), self._whole(0, len(truths))
        parts = (self._choose(truth, self._whole(1 << at, bits), nothing) for at, truth in enumerate(truths))
        return balanced(lambda left, right: left | right, list(parts))

    def _whole(self, value: int, bits: int) -> Term:
        return self.surface.whole(value, bits)

    def _choose(self, condition: Truth, then: Term, otherwise: Term) -> Term:
        if isinstance(condition, bool):
            return then if condition else otherwise
        return self.surface.choose(condition, then, otherwise)
