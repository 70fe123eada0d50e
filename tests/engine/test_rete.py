"""durable-rules behind its fence says exactly what a condition means, or says that it failed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from math import inf, nextafter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import rete
from engine.errors import EngineFailure
from engine.rete import Network
from engine.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Has,
    In,
    InputRef,
    LimitRef,
    ListConstant,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)
from tests.engine.kleene import masks
from tests.engine.trees import facts, packs

X, Y = InputRef("x", "number"), InputRef("y", "number")
OPEN = InputRef("open", "boolean")
SYMBOL = InputRef("symbol", "string")
UNKNOWN = (0, 1)
HIT = (1, 0)
MISS = (0, 0)


def judged(condition: Node, **case: Scalar) -> tuple[int, int]:
    with closing(Network([condition])) as network:
        return network.judge(case)


def over(limit: float, path: str = "x") -> Compare:
    return Compare(">", InputRef(path, "number"), LimitRef("limits.most", limit))


def assert_all_agree(conditions: Sequence[Node], cases: Sequence[dict[str, Scalar]]) -> None:
    with closing(Network(conditions)) as network:
        for case in cases:
            assert network.judge(case) == masks(list(conditions), case), case


@settings(max_examples=200, deadline=None)
@given(packs, st.lists(facts, min_size=1, max_size=6))
def test_random_packs_are_judged_as_they_mean(conditions, cases):
    assert_all_agree(conditions, cases)


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize(
    "limit", [0.0, -0.0, 0.03, 0.1 + 0.2, 30.0, 1e-05, 1e16, 9.3e18, 2.0**53, 2.0**63, 5e-324, 1e308, -1e-7]
)
def test_a_boundary_is_exact_to_one_ulp(op, limit):
    around = [limit, nextafter(limit, inf), nextafter(limit, -inf), -limit]
    assert_all_agree([Compare(op, X, Constant(limit))], [{"x": value} for value in around])


@pytest.mark.parametrize(
    ("small", "large"), [(9.3e18, 9.4e18), (1e-05, 1.1e-05), (1e16, 1e16 + 2), (1e300, 1e301)]
)
def test_very_large_and_very_small_numbers_stay_apart(small, large):
    assert judged(Compare("==", X, Constant(large)), x=small) == MISS
    assert judged(over(small), x=large) == HIT


@pytest.mark.parametrize(
    "text", ['"', "\\", "'", '"}', "a\x00b", "\n", "naïve", "🚀", "", " ", "1.0", "true", "null", "%s", "{x}"]
)
def test_any_text_is_compared_whole(text):
    same, other = Compare("==", SYMBOL, Constant(text)), In(SYMBOL, ListConstant((text + "!",)))
    assert_all_agree([same, Not(same), other, Not(other)], [{"symbol": text}, {"symbol": text + "!"}, {}])


def test_a_number_written_as_text_is_no_number_and_false_is_not_zero():
    conditions = [Compare("==", SYMBOL, Constant("31")), Compare("==", OPEN, Constant(False)), over(30.0)]
    assert_all_agree(
        conditions, [{"symbol": "31", "open": False, "x": 0.0}, {"symbol": "31.0", "open": True, "x": 31.0}]
    )


def test_an_absent_input_makes_every_comparison_unknown_negated_or_not():
    for op in ("==", "!=", "<", "<=", ">", ">="):
        compared = Compare(op, X, Constant(1.0))
        assert judged(compared) == judged(Not(compared)) == UNKNOWN
    assert judged(OPEN) == judged(Not(OPEN)) == judged(In(SYMBOL, ListConstant(("A",)))) == UNKNOWN


def test_or_and_and_absorb_what_is_unknown():
    assert judged(Or((over(1.0, "absent"), over(1.0))), x=2.0) == HIT
    assert judged(Or((over(1.0, "absent"), over(1.0))), x=0.0) == UNKNOWN
    assert judged(And((over(1.0, "absent"), over(1.0))), x=0.0) == MISS
    assert judged(And((over(1.0, "absent"), over(1.0))), x=2.0) == UNKNOWN


def test_has_is_never_unknown():
    assert judged(Has("x"), x=0.0) == HIT
    assert judged(Has("x")) == MISS
    assert judged(Not(Has("x"))) == HIT
    assert judged(And((Has("x"), over(1.0)))) == MISS


def test_constant_conditions_are_judged():
    assert judged(Constant(True)) == HIT
    assert judged(Constant(False)) == MISS
    assert judged(Compare("<", Constant(1.0), Constant(2.0))) == HIT
    assert judged(Not(Compare("<", Constant(1.0), Constant(2.0)))) == MISS
    assert judged(In(Constant("A"), LimitRef("limits.list", ("A", "B")))) == HIT


def test_arithmetic_that_is_not_finite_is_unknown():
    huge = Arithmetic("*", X, Constant(1e308))
    assert judged(Compare(">", huge, Constant(1.0)), x=10.0) == UNKNOWN
    assert judged(Not(Compare("<", Constant(1.0), Negative(huge))), x=10.0) == UNKNOWN
    assert judged(Or((Compare(">", huge, Y), over(1.0))), x=10.0, y=0.0) == HIT
    assert judged(Compare("<", Constant(1.0), Arithmetic("*", Constant(1e308), Constant(1e308)))) == UNKNOWN


def test_sums_are_worked_out_in_doubles():
    sums = Arithmetic("+", X, Y)
    assert judged(Compare("==", sums, Constant(0.3)), x=0.1, y=0.2) == MISS
    assert judged(Compare("==", sums, Constant(0.1 + 0.2)), x=0.1, y=0.2) == HIT


def test_an_input_named_like_the_networks_own_fields_is_read_as_an_input():
    conditions = [over(0.6, name) for name in ("z", "id", "p0", "sid", "$s")]
    assert_all_agree(conditions, [dict.fromkeys(("z", "p0", "$s"), 0.7), {"id": 0.7, "sid": 0.1}, {"z": 0.1}])


def test_a_pack_of_a_thousand_rules_is_judged_right():
    dice = Random(7)
    paths = [f"group.n{number}" for number in range(40)]

    def atom() -> Node:
        op = dice.choice(["<", "<=", ">", ">=", "==", "!="])
        return Compare(op, InputRef(dice.choice(paths), "number"), Constant(number()))

    def number() -> float:
        return dice.choice([0.1, 0.5, 0.9, dice.random()])

    def condition() -> Node:
        atoms = [atom() for _ in range(dice.randint(1, 3))]
        whole = atoms[0] if len(atoms) == 1 else dice.choice([And, Or])(tuple(atoms))
        return Not(whole) if dice.random() < 0.3 else whole

    cases = [{path: number() for path in dice.sample(paths, k)} for k in (40, 40, 39, 20, 0)]
    assert_all_agree([condition() for _ in range(1000)], cases)


@pytest.mark.parametrize("op", ["==", "!=", "<", ">="])
def test_a_thousand_rules_that_are_all_true_all_hit(op):
    limit = {"==": 5.0, "!=": 4.0, "<": 6.0, ">=": 5.0}[op]
    conditions = [Compare(op, X, Constant(limit))] * 500
    conditions += [
        Compare(op, Y, Constant(limit if op == "==" else limit + number / 10_000)) for number in range(500)
    ]
    with closing(Network(conditions)) as network:
        assert network.judge({"x": 5.0, "y": 5.1 if op != "==" else 5.0}) == ((1 << 1000) - 1, 0)
        assert network.judge({}) == (0, (1 << 1000) - 1)


def test_two_dozen_rules_of_three_branches_all_true_all_hit():
    conditions = [Or((over(1.0, f"a{n}"), over(2.0, f"a{n}"), over(3.0, f"b{n}"))) for n in range(24)]
    case = {f"{letter}{n}": 9.0 for letter in "ab" for n in range(24)}
    with closing(Network(conditions)) as network:
        assert network.judge(case) == ((1 << 24) - 1, 0)


@pytest.mark.parametrize("branches", [2, 31, 32, 33, 64, 65, 200, 600])
def test_a_rule_with_many_branches_hits_once_whichever_are_true(branches):
    condition = Or(tuple(over(float(n)) for n in range(branches)))
    assert_all_agree([condition, Not(condition)], [{"x": 1e9}, {"x": 0.5}, {"x": -1.0}, {}])


def test_fifty_levels_of_alternatives_are_judged_right():
    condition: Node = over(0.0)
    for level in range(1, 50):
        pair = (over(float(level), "y" if level % 2 else "x"), condition)
        condition = Not(Or(pair)) if level % 3 else And(pair)
    cases: list[dict[str, Scalar]] = [
        {"x": float(x), "y": float(y)} for x in range(0, 50, 7) for y in range(0, 50, 7)
    ]
    assert_all_agree([condition], [*cases, {"x": 60.0}, {"y": -1.0}, {}])


def test_rules_over_more_inputs_than_a_fact_can_hold_are_judged_right():
    conditions = [And(tuple(over(0.5, f"r{rule}.n{place}") for place in range(30))) for rule in range(100)]
    case = {
        f"r{rule}.n{place}": 0.4 if rule % 7 == place else 0.6 for rule in range(100) for place in range(30)
    }
    assert_all_agree(conditions, [case, {}, dict.fromkeys(case, 1.0)])


def test_eight_threads_sharing_a_network_get_their_own_answers():
    conditions = [over(float(limit)) for limit in range(12)]
    with closing(Network(conditions)) as network, ThreadPoolExecutor(8) as pool:

        def wrong(seed: int) -> int:
            dice = Random(seed)
            cases = [{"x": float(dice.randint(-1, 13))} if dice.random() < 0.9 else {} for _ in range(500)]
            return sum(network.judge(case) != masks(conditions, case) for case in cases)

        assert sum(pool.map(wrong, range(8))) == 0


def test_a_silent_sentinel_is_a_failure_and_never_a_miss(monkeypatch):
    with closing(Network([over(1.0)])) as network:
        with monkeypatch.context() as patched:
            patched.setattr(rete.durable, "start_action_for_state", lambda handle, state: None)
            with pytest.raises(EngineFailure, match="sentinel"):
                network.judge({"x": 2.0})
        assert network.judge({"x": 0.0}) == MISS
        assert network.judge({"x": 2.0}) == HIT


def test_an_answer_that_breaks_off_leaves_nothing_behind(monkeypatch):
    conditions = [over(float(limit)) for limit in range(5)]
    with closing(Network(conditions)) as network:
        with monkeypatch.context() as patched:
            patched.setattr(rete.durable, "complete_and_start_action", lambda handle, state: 1 / 0)
            with pytest.raises(EngineFailure, match="ZeroDivisionError"):
                network.judge({"x": 9.0})
        assert network.judge({"x": -1.0}) == MISS


def test_a_fact_that_durable_rules_cannot_read_is_a_failure():
    with closing(Network([over(1.0)])) as network:
        for number in (inf, -inf, float("nan")):
            with pytest.raises(EngineFailure):
                network.judge({"x": number})
        assert network.judge({"x": 2.0}) == HIT


def test_a_closed_network_refuses_to_judge():
    network = Network([over(1.0)])
    network.close()
    network.close()
    with pytest.raises(EngineFailure, match="closed"):
        network.judge({"x": 2.0})
