"""Margins: how far each number may move before a comparison begins to count for its rule."""

import pytest

from engine import evaluate, read_pack

PACK = """\
pack: p
version: 1.0.0
inputs:
  age: {type: number, absent: skip}
  score: {type: number}
  name: {type: string}
limits: {most: {value: 30}, least: {value: 0.6}}
rules: [{id: r, when: '%s', then: REVIEW}]
"""
FACTS = {"age": 12, "score": 0.59, "name": "A"}


def margins(when, **facts):
    [report] = evaluate([read_pack(PACK % when, "p.yaml")], {**FACTS, **facts}).rules
    return [(one.fact, one.limit, one.room) for one in report.margins]


@pytest.mark.parametrize("when", ["age > limits.most", "limits.most <= age", "!(age < 30)", "!!(age > 30)"])
def test_the_room_below_an_upper_limit_is_what_is_left(when):
    assert margins(when) == [("age", 30.0, 18.0)]
    assert margins(when, age=31) == [("age", 30.0, -1.0)]
    assert margins(when, age=30) == [("age", 30.0, 0.0)]


@pytest.mark.parametrize("when", ["score < limits.least", "0.6 >= score", "!(score > 0.6)"])
def test_the_room_above_a_lower_limit_is_in_the_decimals_people_write(when):
    assert margins(when) == [("score", 0.6, -0.01)]
    assert margins(when, score=0.7) == [("score", 0.6, 0.1)]


def test_every_comparison_has_its_own():
    assert margins("age > 30 && score < limits.least || age > 20") == [
        ("age", 30.0, 18.0),
        ("score", 0.6, -0.01),
        ("age", 20.0, 8.0),
    ]


@pytest.mark.parametrize("when", ['name == "B"', "score == 0.6", "age > score", "score + 1 > 2", "has(age)"])
def test_what_has_no_distance_to_a_limit_has_no_margin(when):
    assert margins(when) == []


def test_an_absent_fact_and_a_distance_beyond_the_doubles_have_none():
    pack = read_pack(PACK % "age > 30", "p.yaml")
    without = {name: value for name, value in FACTS.items() if name != "age"}
    assert evaluate([pack], without).rules[0].margins == ()
    assert margins("score > 1.7e308", score=-1.7e308) == []
