"""Packs as formulas say of every signal what the evaluators say of it."""

import z3
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine import Verdict, evaluate
from engine.symbolic import PanelFormula
from engine.symbolic_numbers import LARGEST, rank, roundest, unrank
from engine.symbolic_space import Space
from engine.tree import Arithmetic, Compare, Constant, InputRef
from tests.engine.random_packs import pack_of, packs
from tests.engine.trees import facts, numbers

SIZES = st.sampled_from(({}, {"size_pct": 0.02}, {"size_pct": 0.7}))
CASES = st.builds(lambda case, size: case | size, facts, SIZES)


class Asked:
    """Formulas with concrete facts put in: no search, so what is checked is their meaning alone."""

    def __init__(self, judges, case):
        self.case = {name: value for name, value in case.items() if any(name in one.inputs for one in judges)}
        self.space = Space(judges, known=[case])
        self.panel = PanelFormula(judges, self.space, self.space.slots)
        self.values = [pair for slot in self.space.slots.values() for pair in self._pairs(slot)]

    def _pairs(self, slot):
        value = self.case.get(slot.name)
        stand_in = {"number": 0.0, "boolean": False, "string": ""}[slot.type]
        here = type(value) is type(stand_in)
        constant = self.space.constant(value if here else stand_in, slot.floating)
        return (slot.present, self.space.constant(here)), (slot.value, constant)

    def __call__(self, formula):
        answer = z3.simplify(z3.substitute(formula, *self.values))
        assert z3.is_true(answer) or z3.is_false(answer), answer
        return z3.is_true(answer)


def result_of(asked, meaning):
    if asked(meaning.true):
        return "hit"
    return "unknown" if asked(meaning.unknown) else "miss"


def lowest_cap(outcome):
    return min((cap.size_pct for cap in outcome.caps), default=2.0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(packs, min_size=1, max_size=2, unique_by=id), CASES)
def test_formulas_give_verdict_rules_and_caps_of_the_evaluators(judges, case):
    asked = Asked(judges, case)
    outcome = evaluate(judges, asked.case, partial=True)
    for verdict in Verdict:
        assert asked(asked.panel.says(verdict)) is (outcome.verdict is verdict), (verdict, outcome.hits)
    if not asked(asked.panel.refused):
        for cap in (0.0, 0.01, 0.7, 1.0):
            assert asked(asked.panel.caps_at(cap)) is (lowest_cap(outcome) <= cap)
    for most in (0.0, 0.01, 0.5):
        assert asked(asked.panel.exceeds(most)) is ((outcome.approved_size_pct or 0.0) > most)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(packs, CASES)
def test_every_rule_means_what_the_evaluators_report(pack, case):
    asked = Asked([pack], case)
    if asked(asked.panel.refused):
        return
    outcome = evaluate([pack], asked.case)
    said = {hit.rule: hit.verdict for hit in outcome.hits}
    for formula, report in zip(asked.panel.rules, outcome.rules, strict=True):
        assert result_of(asked, formula.meaning) == report.result
        for verdict in (Verdict.REVIEW, Verdict.REJECT):
            assert asked(formula.at_least(verdict)) is (said.get(report.rule, 0) >= verdict)


@given(numbers, numbers)
@example(0.0, -0.0)
@example(LARGEST, -LARGEST)
def test_ranks_keep_order_and_equality_of_doubles(left, right):
    assert (rank(left) < rank(right)) == (left < right)
    assert (rank(left) == rank(right)) == (left == right)
    assert unrank(rank(left)) == left


def test_neighbouring_doubles_leave_no_room_for_a_solution():
    pack = pack_of([(Compare(">", InputRef("n0", "number"), Constant(0.1)), Verdict.REJECT)])
    space = Space([pack])
    slot = space.slots["n0", "number"]
    solver = z3.Solver(ctx=space.context)
    solver.add(slot.value > space.constant(0.1), slot.value < space.constant(0.1 + 2**-56))
    assert solver.check() == z3.unsat


def test_calculations_round_as_doubles_do():
    tenths = Arithmetic("+", InputRef("n0", "number"), InputRef("n2", "number"))
    pack = pack_of([(Compare("==", tenths, Constant(0.3)), Verdict.REJECT)])
    asked = Asked([pack], {"n0": 0.1, "n2": 0.2})
    assert asked(asked.panel.says(Verdict.APPROVE))  # 0.1 + 0.2 is 0.30000000000000004


def test_round_numbers_are_found_between_awkward_ones():
    assert roundest(30.0, LARGEST, near=12.0) == 40.0
    assert roundest(30.0, 60.0, near=100.0) == 50.0
    assert roundest(0.03, 0.05, near=0.01) == 0.04
    assert roundest(-LARGEST, LARGEST, near=7.0) == 0.0
    assert roundest(0.0, LARGEST, near=0.0) == 1.0
    assert roundest(1.0, 1.0 + 2**-52, near=0.0) is None
