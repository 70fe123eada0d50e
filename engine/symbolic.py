"""Packs as Z3 formulas over the facts: what the evaluators say of one signal, said of all of them.

The formulas follow the evaluators step by step: Kleene logic, what a rule gives when it cannot be
judged, calculations that are not finite, facts that a pack refuses, caps. They speak of the event
path, where facts that a pack refuses are a REJECT, so that a missing input is part of every proof.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import z3

from engine.declarations import Input
from engine.pack import Rule, RulePack
from engine.symbolic_conditions import Conditions, Kleene
from engine.symbolic_space import Key, Slot, Space
from engine.symbolic_terms import Formula, all_of, any_of, negated
from engine.verdict import Verdict


@dataclass(frozen=True, eq=False)
class RuleFormula:
    """One rule of one pack: when it hits, when it is unknown, and what it then gives."""

    name: str
    rule: Rule
    meaning: Kleene
    absent_review: Formula
    """Some input that its condition names is absent and declares REVIEW or REJECT."""
    absent_reject: Formula
    """Some input that its condition names is absent and declares REJECT."""
    not_finite: Formula
    """Some calculation in its condition has no finite value."""
    never: Formula

    @cached_property
    def objects(self) -> Formula:
        """The rule says REVIEW or REJECT, or its cap applies."""
        return any_of(self.meaning.true, all_of(self.meaning.unknown, self.absent_review))

    @cached_property
    def rejects(self) -> Formula:
        """The rule says REJECT."""
        unknown = all_of(self.meaning.unknown, self.absent_reject)
        return any_of(self.meaning.true, unknown) if self.rule.then is Verdict.REJECT else unknown

    def at_least(self, verdict: Verdict) -> Formula:
        """That the verdict the rule gives is ``verdict`` (REVIEW or REJECT) or stricter; never, for a cap."""
        if self.rule.cap is not None:
            return self.never
        return self.rejects if verdict is Verdict.REJECT else self.objects

    def caps_at(self, most: float) -> Formula:
        """That a cap of ``most`` or less applies; never, for a rule with a verdict."""
        return self.objects if self.rule.cap is not None and self.rule.cap <= most else self.never


class PanelFormula:
    """What several packs together say, over the slots given."""

    def __init__(
        self,
        packs: Sequence[RulePack],
        space: Space,
        slots: Mapping[Key, Slot],
        alike: "PanelFormula | None" = None,
        moved: str = "",
    ) -> None:
        self.packs = tuple(packs)
        self.space = space
        self.slots = slots
        self.conditions = Conditions(space, slots)
        self.size = slots.get(("size_pct", "number"))
        self._alike, self._moved = alike, moved
        self.rules = [self._rule(pack, rule) for pack in packs for rule in pack.rules]
        self.refusals = {
            (pack.name, name): self._refusal(pack, name) for pack in packs for name in pack.inputs
        }
        self.refused = space.some(self.refusals.values())
        self.not_finite = space.some(one.not_finite for one in self.rules)

    def with_slot(self, slot: Slot, key: Key) -> "PanelFormula":
        """The same packs asked about facts in which another variable stands for one input."""
        return PanelFormula(self.packs, self.space, {**self.slots, key: slot}, alike=self, moved=key[0])

    def _untouched(self, names: Sequence[str]) -> "PanelFormula | None":
        """The panel this one is a variant of, if it says the same of these inputs."""
        return None if self._moved in names else self._alike

    @cached_property
    def by_name(self) -> dict[str, RuleFormula]:
        """The rules by full name, such as ``trading-core/stale-data``."""
        return {one.name: one for one in self.rules}

    @cached_property
    def rejects(self) -> Formula:
        """The verdict is REJECT."""
        return any_of(self.refused, self.not_finite, *(one.at_least(Verdict.REJECT) for one in self.rules))

    @cached_property
    def objects(self) -> Formula:
        """The verdict is REVIEW or REJECT."""
        return any_of(self.rejects, *(one.at_least(Verdict.REVIEW) for one in self.rules))

    def at_least(self, verdict: Verdict) -> Formula:
        """That the verdict is ``verdict`` or stricter."""
        return (self.space.true, self.objects, self.rejects)[verdict]

    def says(self, verdict: Verdict) -> Formula:
        """That the verdict is exactly ``verdict``."""
        if verdict is Verdict.REJECT:
            return self.rejects
        return all_of(self.at_least(verdict), negated(self.at_least(Verdict(verdict + 1))))

    def caps_at(self, most: float) -> Formula:
        """That some cap of ``most`` or less applies."""
        return self.space.some(one.caps_at(most) for one in self.rules)

    def tighter_cap_than(self, other: "PanelFormula") -> Formula:
        """That the lowest cap here lies below the lowest one there; no cap at all is the highest."""
        caps = sorted({one.rule.cap for one in self.rules if one.rule.cap is not None})
        return self.space.some(all_of(self.caps_at(cap), negated(other.caps_at(cap))) for cap in caps)

    def smaller_size_than(self, other: "PanelFormula") -> Formula:
        """That caps leave less of the size asked for here than there; with no size asked, of any."""
        caps = sorted({one.rule.cap for one in self.rules if one.rule.cap is not None})
        bound = [all_of(self.caps_at(cap), negated(other.caps_at(cap)), self.asks_more(cap)) for cap in caps]
        return self.space.some(bound)

    def exceeds(self, most: float) -> Formula:
        """That more than ``most`` of equity is let through; needs a size that is asked for."""
        if self.size is None:
            return self.space.false
        more = all_of(self.size.present, self.asks_more(most), negated(self.caps_at(most)))
        return all_of(negated(self.rejects), more)

    def asks_more(self, cap: float) -> Formula:
        """That more than ``cap`` is asked for, or no size at all."""
        if self.size is None:
            return self.space.true
        constant = self.space.constant(cap, self.size.floating)
        more = (
            z3.fpGT(self.size.value, constant, self.space.context)
            if self.size.floating
            else self.size.value > constant
        )
        return z3.Implies(self.size.present, more)

    def _rule(self, pack: RulePack, rule: Rule) -> RuleFormula:
        name = f"{pack.name}/{rule.id}"
        if other := self._untouched(rule.reads):
            return other.by_name[name]
        declared = [pack.inputs[path] for path in rule.reads]
        loud = [one for one in declared if one.verdict_when_absent >= Verdict.REVIEW]
        fatal = [one for one in loud if one.verdict_when_absent is Verdict.REJECT]
        return RuleFormula(
            name, rule, self.conditions.meaning(rule.condition), self._some_absent(loud),
            self._some_absent(fatal), self.conditions.not_finite(rule.condition), self.space.false,
        )  # fmt: skip

    def _some_absent(self, inputs: Sequence[Input]) -> Formula:
        return self.space.some(negated(self.slots[one.name, one.type].present) for one in inputs)

    def _refusal(self, pack: RulePack, name: str) -> Formula:
        """That this input is missing, or is not what ``pack`` accepts."""
        if other := self._untouched([name]):
            return other.refusals[pack.name, name]
        declared = pack.inputs[name]
        slot = self.slots[name, declared.type]
        wrong = all_of(slot.present, negated(self.space.accepts(slot, declared)))
        others = [one.present for one in self.conditions.named[name] if one is not slot]
        missing = negated(slot.present) if declared.required else self.space.false
        return any_of(wrong, missing, *others)
