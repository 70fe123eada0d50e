"""Mutants and coverage: every wrong turn is taken, and what the cases do not notice is named."""

from math import inf, nextafter

import pytest
from hypothesis import given, settings

from engine import Verdict, evaluate, read_pack
from engine.coverage import coverage_of
from engine.effects import Stance, accepts, effect_teller, pack_size, pack_verdict
from engine.mutants import mutants_of
from engine.surviving import told_apart
from engine.tree import Constant
from tests.engine.random_packs import packs
from tests.engine.test_generated import made
from tests.engine.trees import facts

CASES = """
pack: small
version: 1.0.0
inputs:
  age: {type: number, unit: seconds, min: 0, max: 100, direction: riskier_up}
  word: {type: string, one_of: [A, B], absent: skip}
cast:
  calm: {age: 1, word: A}
rules:
  - id: one
    when: 'WHEN'
    then: REVIEW
    cases:
      so: {from: calm, with: {age: 40, word: B}, expect: REVIEW}
      otherwise: {from: calm, expect: APPROVE}
"""


def covered(when):
    return coverage_of(read_pack(CASES.replace("WHEN", when), "small.yaml")).rules[0]


def words(when):
    return [mutant.words for mutant in mutants_of(made(when).rules[0])]


LAST = ["REJECT becomes REVIEW", "the rule never objects"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            "age > 30",
            [
                *(f"(age) > (30.0): > becomes {op}" for op in ("==", "!=", "<", "<=", ">=")),
                f"30.0 becomes {nextafter(30.0, -inf)!r}",
                f"30.0 becomes {nextafter(30.0, inf)!r}",
            ],
        ),
        ('word == "B"', ['(word) == ("B"): == becomes !=', '"B" becomes "OTHER"']),
        ("!open", ["!(open): ! is dropped", "open becomes !open"]),
        (
            "word in limits.words",
            ['(word) in ["A", "B"] is negated', '"A" leaves limits.words', '"B" leaves limits.words'],
        ),
        ("has(word)", ["has(word) becomes !has(word)", "has(word) becomes true"]),
        (
            "open && has(word)",
            ["(open) && (has(word)): && becomes ||", "open becomes !open",
             "has(word) becomes !has(word)", "has(word) becomes true"],
        ),
    ],
)  # fmt: skip
def test_every_wrong_turn_is_taken(when, expected):
    assert words(when) == expected + LAST


def test_calculations_and_limits_turn_too():
    found = words("-size < limits.most - 1")
    assert "-(size): - is dropped" in found
    assert "(0.3) - (1.0): - becomes +" in found
    assert f"limits.most 0.3 becomes {nextafter(0.3, inf)!r}" in found


def test_a_cap_moves_to_its_neighbours():
    text = (
        CASES.replace("WHEN", "age > 30")
        .replace("then: REVIEW", "cap: 0.5")
        .replace("expect: REVIEW", "expect: APPROVE")
    )
    rule = read_pack(text, "small.yaml").rules[0]
    caps = [mutant.stance.cap for mutant in mutants_of(rule) if mutant.words.startswith("cap")]
    assert caps == [nextafter(0.5, -inf), nextafter(0.5, inf)]


def test_nothing_is_divided_by_zero_by_a_mutant():
    pack = made("age / 5e-324 > 1", "age * 0 > 1")
    for rule in pack.rules:
        for mutant in mutants_of(rule):
            effect_teller(mutant.stance, pack.inputs)({"age": 2.0})


def test_a_mutant_that_a_case_notices_is_not_left_to_the_generated_ones():
    found = covered("age > 30")
    assert "REVIEW becomes REJECT" in [one.words for one in found.caught]
    assert f"30.0 becomes {nextafter(30.0, inf)!r}" in [one.words for one in found.found]
    assert found.survivors == ()


def test_a_rule_with_an_idle_part_has_survivors():
    found = covered("age > 30 || age > 30 && has(word)")
    assert "has(word) becomes !has(word)" in [one.words for one in found.survivors]


def test_coverage_names_what_the_cases_never_show():
    found = covered('age > 30 && word == "B"')
    assert {leaf.leaf: leaf.missing for leaf in found.leaves} == {
        "(age) > (30.0)": ("false",),
        '(word) == ("B")': ("false",),
    }
    assert all(leaf.missing == () for leaf in found.leaves_with_generated)


def test_a_survivor_that_changes_nothing_is_proved_to():
    pack = read_pack(CASES.replace("WHEN", "age >= 100"), "small.yaml")
    rule = pack.rules[0]
    by_words = {mutant.words: mutant for mutant in mutants_of(rule)}
    assert told_apart(pack, rule, by_words["(age) >= (100.0): >= becomes =="]).idle
    told = told_apart(pack, rule, by_words["(age) >= (100.0): >= becomes >"])
    assert (told.idle, told.facts["age"]) == (False, 100.0)


def test_the_same_wrong_turn_in_two_places_is_two_mutants():
    rule = made("age > 30 && open || age > 30 && !open").rules[0]
    assert [mutant.words for mutant in mutants_of(rule)].count("(age) > (30.0): > becomes <") == 2


@settings(max_examples=60, deadline=None)
@given(packs, facts)
def test_effects_together_give_what_the_engine_gives(pack, signal):
    if not accepts(pack, signal):
        return
    effects = [
        effect_teller(Stance(rule.condition, rule.then, rule.cap), pack.inputs)(signal) for rule in pack.rules
    ]
    outcome = evaluate([pack], {name: value for name, value in signal.items() if name in pack.inputs})
    assert pack_verdict(effects) is outcome.verdict
    assert pack_size(effects, signal) == outcome.approved_size_pct or "size_pct" not in signal


def test_a_rule_that_never_objects_gives_nothing():
    effect = effect_teller(Stance(Constant(False), Verdict.REJECT, None), {})({})
    assert effect.verdict is Verdict.APPROVE
