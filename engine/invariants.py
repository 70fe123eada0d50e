"""Proofs about one pack: what must hold of every pack, and what its own invariants say.

Each claim is proved for every signal, refuted by a signal that the evaluators confirm, noted where it
is the author's choice that should be seen, or unknown where the solver gave up.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from engine.invariants_case import Case, Proof, Proofs
from engine.invariants_inputs import input_proofs
from engine.invariants_reader import Invariant, Invariants
from engine.invariants_rules import rule_proofs
from engine.pack import Place, RulePack
from engine.reference import compile_reference
from engine.symbolic_check import judged
from engine.symbolic_search import EFFORT
from engine.symbolic_space import Facts
from engine.symbolic_terms import Formula, all_of, negated
from engine.verdict import Verdict


def prove(pack: RulePack, invariants: Invariants | None = None, effort: int = EFFORT) -> Proofs:
    """Every claim about ``pack``, the built-in ones first, in the order of the text.

    ``effort`` bounds each question to the solver, in its own resource units; what exceeds it is unknown.

    Raises:
        EngineFailure: the solver and the evaluators do not agree.
    """
    case = Case(pack, invariants, effort)
    proofs = (incomplete_proof(case), *input_proofs(case), *rule_proofs(case), *_own(case))
    return Proofs(proofs, case.start)


def incomplete_proof(case: Case) -> Proof:
    """That a signal without a required input is never approved."""
    required = [one for one in case.pack.inputs.values() if one.required]
    absent = [negated(case.space.slots[one.name, one.type].present) for one in required]
    goal = all_of(case.space.some(absent), negated(case.panel.objects))

    def approved(facts: Facts) -> bool:
        lacks = any(one.name not in facts for one in required)
        return lacks and judged([case.pack], facts).verdict is Verdict.APPROVE

    claim = "no signal that lacks a required input is approved"
    return case.proof("P601", Place(1, 1), case.pack.name, claim, case.anything.find(goal, approved))


def _own(case: Case) -> Iterator[Proof]:
    """The invariants of the pack's own file."""
    if case.invariants is None:
        return
    for one in case.invariants.listed:
        answer = case.accepted.find(_broken(case, one), partial(_breaks, case, one))
        proof = case.proof("P610", one.place, one.id, one.text, answer)
        yield replace(proof, source=case.invariants.source)


def _broken(case: Case, one: Invariant) -> Formula:
    """That ``one`` speaks of the signal and does not hold."""
    wrong = [case.panel.says(verdict) for verdict in Verdict if verdict not in one.verdicts]
    if one.most is not None:
        wrong.append(case.panel.exceeds(one.most))
    return all_of(case.panel.conditions.meaning(one.given).true, case.space.some(wrong))


def _breaks(case: Case, one: Invariant, facts: Facts) -> bool:
    """The same asked of the evaluators; what is given is judged as a rule's condition would be."""
    outcome = case.judged(facts)
    hits, _, _ = compile_reference([one.given], present=())(facts)
    if outcome is None or not hits:
        return False
    too_much = one.most is not None and (outcome.approved_size_pct or 0.0) > one.most
    return outcome.verdict not in one.verdicts or too_much
