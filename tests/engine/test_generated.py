"""Generated cases: every place where a condition can turn is visited, and every leaf is seen to decide."""

from itertools import pairwise
from math import inf, nextafter

import pytest
from hypothesis import given, settings

from engine import read_pack
from engine.boundary_values import starting_facts
from engine.decisive import decisive_pairs
from engine.facts import FactReader
from engine.generated import generated_cases
from engine.leaves import decides, leaves_of, outcome_of, truth_teller
from engine.reference import compile_reference
from tests.engine.random_packs import packs
from tests.engine.trees import conditions, facts

HEAD = """\
pack: small
version: 1.0.0
inputs:
  age: {type: number, unit: seconds, min: 0, direction: riskier_up}
  size: {type: number, unit: fraction, min: 0, max: 1, direction: riskier_up}
  room: {type: number, unit: fraction, min: 0, max: 1, direction: safer_up}
  word: {type: string, one_of: [A, B, C], absent: skip}
  symbol: {type: string, min_length: 4, max_length: 5}
  open: {type: boolean, absent: REVIEW}
limits:
  most: {value: 0.3, unit: fraction}
  words: {value: [A, B]}
cast:
  calm: {age: 1, size: 0.1, room: 0.5, word: A, symbol: AAPL, open: true}
rules:
"""


def made(*whens):
    rules = "".join(
        f"  - {{id: r{place}, when: '{when}', then: REJECT}}\n" for place, when in enumerate(whens)
    )
    return read_pack(HEAD + rules, "small.yaml")


def values(when, name):
    pack = made(when)
    return [case.facts.get(name) for case in generated_cases(pack, pack.rules[0])]


def around(limit):
    return {nextafter(limit, -inf), limit, nextafter(limit, inf)}


@pytest.mark.parametrize(
    ("when", "name", "expected"),
    [
        ("age > 30", "age", around(30.0) | {1.0, None}),
        ("age > 0", "age", {0.0, nextafter(0.0, inf), 1.0, None}),
        ("size >= 1", "size", {nextafter(1.0, -inf), 1.0, 0.1, None}),
        ("size in [0.2, 0.4]", "size", around(0.2) | around(0.4) | {0.1, None}),
        ("size > room", "size", around(0.5) | {0.1, None}),
        ("size > room", "room", around(0.1) | {0.5, None}),
        ("age * 2 >= 7", "age", around(3.5) | {1.0, None}),
        ('word == "B"', "word", {"B", "A", None}),
        ("word in limits.words", "word", {"A", "B", "C", None}),
        ('symbol == "GOOG"', "symbol", {"GOOG", "AAPL", "OTHER", None}),
        ("!open", "open", {True, False, None}),
        ("has(word)", "word", {"A", None}),
    ],
)  # fmt: skip
def test_every_value_where_a_condition_can_turn_is_tried(when, name, expected):
    assert set(values(when, name)) >= expected


@pytest.mark.parametrize(
    "when", ["size + room > limits.most + 0.4", "-size * 3 < room - 0.9", "size / 3 >= 0.1"]
)
def test_a_calculation_is_tried_on_both_sides_of_the_double_where_it_turns(when):
    tell = truth_teller(made(when).rules[0].condition)
    tried = sorted(value for value in values(when, "size") if value is not None)
    calm = {"room": 0.5}
    turns = [
        (one, other)
        for one, other in pairwise(tried)
        if tell({**calm, "size": one}) is not tell({**calm, "size": other})
    ]
    assert [nextafter(one, inf) for one, _ in turns] == [other for _, other in turns]
    assert len(turns) == 1


def test_no_generated_value_is_one_that_the_pack_refuses():
    pack = made("age > 0 && size >= 1 && symbol != \"X\"", "word == \"Z\" || !has(word)")  # fmt: skip
    for rule in pack.rules:
        for case in generated_cases(pack, rule):
            refused = FactReader(pack.inputs).read(case.facts)[1]
            assert {fault.code for fault in refused} <= {"missing"}, case


def test_a_limit_is_tried_where_other_leaves_let_it_decide():
    pack = made('age > 30 && word == "B"')
    tried = {
        case.facts.get("age")
        for case in generated_cases(pack, pack.rules[0])
        if case.facts.get("word") == "B"
    }
    assert tried - {None} >= around(30.0)


def test_each_signal_comes_once():
    pack = made("age > 30 || age > 30 && open")
    signals = [tuple(sorted(case.facts.items())) for case in generated_cases(pack, pack.rules[0])]
    assert len(signals) == len(set(signals))


def test_a_leaf_that_others_cover_is_uncovered_by_setting_them():
    pack = made('size > 0.5 && (word == "B" || age > 30) && !open')
    pairs = decisive_pairs(pack, pack.rules[0].condition, starting_facts(pack))
    assert all(pair.when_true and pair.when_false for pair in pairs)
    assert len(pairs) == 4


def test_a_pair_differs_in_the_one_input_where_that_is_possible():
    pack = made('size > 0.5 && word == "B"')
    pair = decisive_pairs(pack, pack.rules[0].condition, starting_facts(pack))[1]
    differing = {name for name in pair.when_true if pair.when_true[name] != pair.when_false.get(name)}
    assert differing == {"word"}


def test_a_leaf_that_never_decides_has_no_pair():
    pack = made("age > 30 || age > 30 && open")
    pairs = decisive_pairs(pack, pack.rules[0].condition, starting_facts(pack))
    assert (pairs[1].when_true, pairs[1].when_false) == (None, None)


@settings(max_examples=150, deadline=None)
@given(conditions, facts)
def test_leaves_together_give_what_the_reference_gives(condition, signal):
    truths = {leaf: truth_teller(leaf)(signal) for leaf in leaves_of(condition)}
    hit, unknown, _ = compile_reference([condition], present=())(signal)
    assert outcome_of(condition, truths) is (None if unknown else bool(hit))


@settings(max_examples=60, deadline=None)
@given(packs)
def test_every_pair_shows_its_leaf_deciding_both_ways(pack):
    for rule in pack.rules:
        tellers = {leaf: truth_teller(leaf) for leaf in leaves_of(rule.condition)}
        for pair in decisive_pairs(pack, rule.condition, {}):
            for wanted, signal in ((True, pair.when_true), (False, pair.when_false)):
                if signal is not None:
                    truths = {leaf: tell(signal) for leaf, tell in tellers.items()}
                    assert truths[pair.leaf] is wanted
                    assert decides(pair.leaf, rule.condition, truths)


@settings(max_examples=40, deadline=None)
@given(packs)
def test_generated_cases_are_the_same_every_time(pack):
    for rule in pack.rules:
        assert generated_cases(pack, rule) == generated_cases(pack, rule)
