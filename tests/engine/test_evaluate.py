"""The meaning of packs and facts, one promise after another."""

import pytest

from engine import EngineFailure, FactsIncomplete, Verdict, evaluate, read_pack
from engine.compiled import compiled

PACK = """\
pack: {name}
version: 1.0.0
inputs:
  age: {{type: number, unit: seconds, min: 0, direction: riskier_up}}
  score: {{type: number, min: 0, max: 1, absent: {absent}}}
  mood: {{type: string, one_of: [GOOD, BAD], absent: skip}}
  flag: {{type: boolean, absent: skip}}
  size_pct: {{type: number, unit: fraction, min: 0, max: 1, absent: skip}}
limits:
  most: {{value: 30, unit: seconds}}
rules:
{rules}
"""
RULE = '  - {{id: {id}, when: "{when}", {effect}, reason: "{reason}"}}\n'


def pack_of(*rules, name="p", absent="skip"):
    lines = "".join(
        RULE.format(id=f"r{i}", when=when, effect=effect, reason="seen {age}")
        for i, (when, effect) in enumerate(rules)
    )
    return read_pack(PACK.format(name=name, absent=absent, rules=lines), "pack.yaml")


def faults_of(pack, facts):
    with pytest.raises(FactsIncomplete) as caught:
        evaluate([pack], facts)
    return [(fault.fact, fault.code) for fault in caught.value.faults]


OLD = ("age > limits.most", "then: REJECT")
WORRY = ("age > 10", "then: REVIEW")
LOW = ("score < 0.5", "then: REVIEW")


def test_nothing_objects_means_approve():
    outcome = evaluate([pack_of(OLD)], {"age": 30})
    assert (outcome.verdict, outcome.hits, outcome.caps) == (Verdict.APPROVE, (), ())


def test_the_strongest_hit_decides_and_every_hit_is_reported_strongest_first():
    outcome = evaluate([pack_of(WORRY, OLD, name="b"), pack_of(OLD, name="a")], {"age": 31})
    assert outcome.verdict is Verdict.REJECT
    assert [(hit.rule, hit.verdict.name) for hit in outcome.hits] == [
        ("a/r0", "REJECT"),
        ("b/r1", "REJECT"),
        ("b/r0", "REVIEW"),
    ]


def test_a_hit_tells_the_values_it_saw():
    assert evaluate([pack_of(OLD)], {"age": 31.5}).hits[0].message == "seen 31.5 s"


def test_a_rule_without_a_reason_gives_its_condition():
    text = PACK.format(name="p", absent="skip", rules='  - {id: r, when: "age > 1", then: REJECT}\n')
    assert evaluate([read_pack(text, "p")], {"age": 2}).hits[0].message == "age > 1"


def test_without_a_pack_there_is_nothing_to_judge_by():
    with pytest.raises(ValueError, match="no pack"):
        evaluate([], {})


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({}, ("age", "missing")),
        ({"age": "31"}, ("age", "wrong-type")),
        ({"age": True}, ("age", "wrong-type")),
        ({"age": None}, ("age", "wrong-type")),
        ({"age": [1]}, ("age", "wrong-type")),
        ({"age": float("nan")}, ("age", "not-finite")),
        ({"age": float("inf")}, ("age", "not-finite")),
        ({"age": 10**400}, ("age", "not-finite")),
        ({"age": -1}, ("age", "out-of-range")),
        ({"age": 1, "mood": "good"}, ("mood", "not-allowed")),
        ({"age": 1, "flag": 0}, ("flag", "wrong-type")),
        ({"age": 1, "aeg": 1}, ("aeg", "undeclared")),
        ({"age": 1, "score": None}, ("score", "wrong-type")),
    ],
)
def test_nothing_is_coerced_and_nothing_passes_as_absent(facts, fault):
    assert fault in faults_of(pack_of(OLD), facts)


def test_every_fault_is_told_at_once():
    found = faults_of(pack_of(OLD), {"score": 2, "mood": "x", "flag": "y", "other": 1})
    assert sorted(fact for fact, _ in found) == ["age", "flag", "mood", "other", "score"]


def test_on_the_event_path_faults_reject_and_the_other_rules_still_report():
    outcome = evaluate([pack_of(OLD, LOW)], {"age": "31", "score": 0.1}, partial=True)
    assert outcome.verdict is Verdict.REJECT
    assert [hit.rule for hit in outcome.hits] == ["trivet/facts-incomplete", "p/r1"]
    assert [rule.result for rule in outcome.rules] == ["unknown", "hit"]


@pytest.mark.parametrize(
    ("absent", "verdict"), [("skip", "APPROVE"), ("REVIEW", "REVIEW"), ("REJECT", "REJECT")]
)
def test_a_rule_that_lacks_an_input_gives_what_the_input_declares(absent, verdict):
    outcome = evaluate([pack_of(LOW, absent=absent)], {"age": 1})
    assert outcome.verdict.name == verdict
    assert [rule.result for rule in outcome.rules] == ["unknown"]
    assert [(hit.cause, hit.message) for hit in outcome.hits] == (
        [] if absent == "skip" else [("absent", "r0 cannot be judged without score")]
    )


@pytest.mark.parametrize(
    ("when", "result"),
    [
        ("score < 0.5 || age > 0", "hit"),
        ("score < 0.5 || age > 9", "unknown"),
        ("score < 0.5 && age > 9", "miss"),
        ("score < 0.5 && age > 0", "unknown"),
        ("!(score < 0.5)", "unknown"),
        ("has(score)", "miss"),
        ("!has(score)", "hit"),
        ("has(score) && score < 0.5", "miss"),
        ("!has(score) || score < 0.5", "hit"),
        ("mood != 'BAD'", "unknown"),
        ("flag", "unknown"),
        ("score + age > 1", "unknown"),
        ("mood in ['GOOD']", "unknown"),
    ],
)
def test_unknown_is_absorbed_as_in_cel(when, result):
    assert [rule.result for rule in evaluate([pack_of((when, "then: REVIEW"))], {"age": 1}).rules] == [result]


def test_caps_bound_the_size_and_are_not_hits():
    pack = pack_of(("size_pct > 0.01", "cap: 0.01"), ("age > 10", "cap: 0.005"))
    outcome = evaluate([pack], {"age": 11, "size_pct": 0.02})
    assert (outcome.verdict, outcome.hits) == (Verdict.APPROVE, ())
    assert [(cap.rule, cap.size_pct) for cap in outcome.caps] == [("p/r0", 0.01), ("p/r1", 0.005)]
    assert outcome.approved_size_pct == 0.005


@pytest.mark.parametrize(("absent", "size"), [("skip", 0.02), ("REVIEW", 0.01)])
def test_an_unknown_cap_applies_unless_all_it_lacks_says_skip(absent, size):
    pack = pack_of(("score < 0.5", "cap: 0.01"), absent=absent)
    assert evaluate([pack], {"age": 1, "size_pct": 0.02}).approved_size_pct == size


def test_a_rejected_signal_has_no_size_and_an_unsized_one_has_none():
    assert evaluate([pack_of(OLD)], {"age": 31, "size_pct": 0.02}).approved_size_pct == 0
    assert evaluate([pack_of(OLD)], {"age": 1}).approved_size_pct is None


@pytest.mark.parametrize("when", ["age * 1e300 > 5", "age > 0 || age * 1e300 > 5", "!(age * 1e300 > 5)"])
def test_arithmetic_that_is_not_finite_rejects_even_where_it_would_be_absorbed(when):
    outcome = evaluate([pack_of((when, "then: REVIEW"))], {"age": 1e200})
    assert outcome.verdict is Verdict.REJECT
    assert "trivet/arithmetic-not-finite" in [hit.rule for hit in outcome.hits]


@pytest.mark.parametrize("number", [1e-05, 9.3e18, 9.4e18, 1e16, 5e-324, 1.7976931348623157e308])
def test_numbers_of_any_size_are_ordinary_input(number):
    pack = pack_of((f"age == {number!r}", "then: REVIEW"))
    assert evaluate([pack], {"age": number}).verdict is Verdict.REVIEW
    assert evaluate([pack], {"age": number * 0.999 if number > 1e-300 else 0.0}).verdict is Verdict.APPROVE


def test_an_evaluator_that_fails_rejects_and_says_so(monkeypatch):
    pack = pack_of(OLD)

    def refuse(_facts):
        raise EngineFailure("the sentinel did not fire")

    monkeypatch.setattr(compiled(pack).network, "judge", refuse)
    outcome = evaluate([pack], {"age": 1})
    assert outcome.verdict is Verdict.REJECT
    assert outcome.hits[0].rule == "trivet/engine-disagreement"
    assert "sentinel" in outcome.hits[0].message


@pytest.mark.parametrize("answer", [(0, 0), (1, 1), (3, 0), (0, 1)])
def test_evaluators_that_differ_reject_and_name_the_rules(monkeypatch, answer):
    pack = pack_of(OLD, WORRY)
    monkeypatch.setattr(compiled(pack).network, "judge", lambda _facts: answer)
    outcome = evaluate([pack], {"age": 31} if answer != (3, 0) else {"age": 1})
    assert outcome.verdict is Verdict.REJECT
    assert "p/r" in next(hit.message for hit in outcome.hits if hit.rule == "trivet/engine-disagreement")


def test_each_pack_is_judged_by_its_own_declarations():
    strict = read_pack(PACK.format(name="q", absent="REJECT", rules=RULE.format(
        id="r", when="score < 0.5", effect="then: REVIEW", reason="seen")), "q")  # fmt: skip
    outcome = evaluate([pack_of(LOW), strict], {"age": 1})
    assert [(hit.rule, hit.verdict.name) for hit in outcome.hits] == [("q/r", "REJECT")]


def test_the_explanation_holds_what_each_rule_read():
    [rule] = evaluate([pack_of(OLD)], {"age": 31}).rules
    assert rule.values == {"age": 31.0, "limits.most": 30.0}
    assert (rule.rule, rule.result, rule.when) == ("p/r0", "hit", "age > limits.most")
