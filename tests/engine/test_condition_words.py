"""Conditions in plain words: every kind of node, grouped so that it can be read in one way only."""

import pytest

from engine.condition import parse_condition
from engine.condition_words import condition_in_words
from engine.declarations import Input, Limit
from engine.pack import RulePack

INPUTS = {
    one.name: one
    for one in (
        Input("age", "number", unit="seconds"),
        Input("share", "number", unit="fraction"),
        Input("open", "boolean"),
        Input("word", "string", absent="skip"),
    )
}
LIMITS = {
    "most": Limit("most", 0.25, "fraction"),
    "words": Limit("words", ("A", "B")),
}
PACK = RulePack("p", "1.0.0", None, None, 60, INPUTS, LIMITS, {}, (), "p", "", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age > 30", "age is more than 30 s"),
        ("30 <= age", "30 s is at most age"),
        ("share < limits.most", "share is less than 25 % (limits.most)"),
        ("open", "open is true"),
        ("!open", "open is false"),
        ("open == false", "open is false"),
        ('word != "A"', "word is not A"),
        ("word in limits.words", "word is one of A, B (limits.words)"),
        ('!(word in ["A"])', "word is not one of A"),
        ("has(word)", "word is given"),
        ("!has(word)", "word is missing"),
        ("open && age > 1 || !open", "(open is true and age is more than 1 s) or open is false"),
        ("!(open || age > 1)", "not (open is true or age is more than 1 s)"),
        ("share * 2 + 1 >= 3", "((share times 2) plus 1) is at least 3"),
        ("-age < -(age - 2)", "minus age is less than minus (age minus 2 s)"),
        ("true", "always"),
    ],
)
def test_a_condition_is_said_as_it_means(text, words):
    parsed = parse_condition(text, INPUTS, LIMITS)
    if parsed.node is None:
        pytest.fail(str(parsed.faults))
    assert condition_in_words(parsed.node, PACK) == words
