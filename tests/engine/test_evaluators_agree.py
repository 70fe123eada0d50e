"""The two evaluators say the same of random packs, as trees and as text, with or without absent inputs."""

from contextlib import closing

from hypothesis import HealthCheck, assume, given, settings

from engine.condition import MAX_CHARACTERS, parse_condition
from engine.declarations import Input
from engine.literals import to_cel
from engine.reference import compile_reference
from engine.rete import Network
from tests.engine.kleene import masks, meaning
from tests.engine.trees import BOOLEANS, NUMBERS, STRINGS, conditions, facts, packs

INPUTS = {
    name: Input(name, kind)
    for kind, names in (("number", NUMBERS), ("boolean", BOOLEANS), ("string", STRINGS))
    for name in names
}


@settings(max_examples=200, deadline=None)
@given(packs, facts)
def test_reference_and_network_give_the_meaning_of_every_rule(conditions, case):
    expected = masks(conditions, case)
    assert compile_reference(conditions, present=())(case)[:2] == expected
    assert compile_reference(conditions, present=case.keys())(case)[:2] == expected
    with closing(Network(conditions)) as network:
        assert network.judge(case) == expected


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(conditions, facts)
def test_a_condition_means_the_same_after_it_was_written_down_and_read_again(condition, case):
    text = to_cel(condition)
    assume(len(text) <= MAX_CHARACTERS)
    parsed = parse_condition(text, INPUTS, {})
    assert parsed.node is not None, (text, parsed.faults)
    assert meaning(parsed.node, case) == meaning(condition, case)
    with closing(Network([parsed.node])) as network:
        assert network.judge(case) == masks([condition], case)
