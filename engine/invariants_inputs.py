"""What must hold of every input: more risk never helps, and what leaving it out can do is seen."""

from collections.abc import Iterator
from dataclasses import replace

import z3

from engine.declarations import Input
from engine.invariants_case import Case, Proof
from engine.symbolic import PanelFormula
from engine.symbolic_check import lowest_cap
from engine.symbolic_space import Facts, Slot
from engine.symbolic_terms import Formula, all_of, any_of, negated
from engine.verdict import Verdict


def input_proofs(case: Case) -> Iterator[Proof]:
    """For each input that some rule reads, in the order of the text."""
    read = {path for rule in case.pack.rules for path in rule.reads}
    for one in case.pack.inputs.values():
        if one.name in read and one.direction is not None:
            yield _Direction(case, one).proof()
        if one.name in read and one.absent == "skip":
            yield _left_out(case, one)


class _Direction:
    """Two signals that differ in one number alone, the second the riskier one."""

    def __init__(self, case: Case, declared: Input) -> None:
        self.case = case
        self.declared = declared
        key = (declared.name, declared.type)
        self.slot = case.space.slots[key]
        self.twin = case.space.twin(self.slot)
        self.panel, self.riskier = case.panel, case.panel.with_slot(self.twin, key)

    def proof(self) -> Proof:
        name = self.declared.name
        place = self.case.pack.places[f"inputs.{name}"]
        answer = self.case.accepted.find(self._goal(), self._milder, self.twin)
        claim = f"a riskier {name} never gets a milder verdict or a wider cap"
        return self.case.proof("P602", place, name, claim, answer)

    def _goal(self) -> Formula:
        both = all_of(self.slot.present, self.twin.present, negated(self.riskier.refused))
        up = self.declared.direction == "riskier_up"
        low, high = (self.slot, self.twin) if up else (self.twin, self.slot)
        return all_of(both, _less(self.case, low, high), _milder(self.panel, self.riskier))

    def _milder(self, facts: Facts) -> bool:
        """Whether the evaluators too give the riskier signal the milder verdict or the wider cap."""
        name, twin = self.declared.name, f"{self.declared.name}'"
        first, second = facts[name], facts[twin]
        assert isinstance(first, float)
        assert isinstance(second, float)
        if (first < second) is not (self.declared.direction == "riskier_up") or first == second:
            return False
        safe = {one: value for one, value in facts.items() if one != twin}
        before, after = self.case.judged(safe), self.case.judged({**safe, name: second})
        if before is None or after is None:
            return False
        wider = lowest_cap(after) > lowest_cap(before) and before.verdict is not Verdict.REJECT
        return after.verdict < before.verdict or (wider and after.verdict is not Verdict.REJECT)


def _less(case: Case, low: Slot, high: Slot) -> Formula:
    return z3.fpLT(low.value, high.value, case.space.context) if low.floating else low.value < high.value


def _milder(before: PanelFormula, after: PanelFormula) -> Formula:
    """That ``after`` gives a milder verdict, or, where neither rejects, a wider cap."""
    verdicts = [
        all_of(before.at_least(verdict), negated(after.at_least(verdict)))
        for verdict in (Verdict.REVIEW, Verdict.REJECT)
    ]
    neither = negated(any_of(before.rejects, after.rejects))
    return any_of(*verdicts, all_of(neither, before.tighter_cap_than(after)))


def _left_out(case: Case, declared: Input) -> Proof:
    """Whether leaving out an input that may be skipped can turn an objection into an approval."""
    name, key = declared.name, (declared.name, declared.type)
    slot = case.space.slots[key]
    without = case.panel.with_slot(replace(slot, present=case.space.false), key)
    goal = all_of(slot.present, case.panel.objects, negated(without.objects))

    def turns(facts: Facts) -> bool:
        rest = {one: value for one, value in facts.items() if one != name}
        before, after = case.judged(facts), case.judged(rest)
        return name in facts and bool(before and after and before.verdict > after.verdict is Verdict.APPROVE)

    claim = f"leaving out {name} never turns an objection into an approval"
    proof = case.proof(
        "P603", case.pack.places[f"inputs.{name}"], name, claim, case.accepted.find(goal, turns)
    )
    if proof.result != "refuted":
        return proof
    return replace(proof, result="noted", claim=f"leaving out {name} can turn an objection into an approval")
