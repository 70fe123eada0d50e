"""What a change of a pack does: proved over all signals, shown with signals that the evaluators confirm."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Verdict, read_pack
from engine.difference import MOVES, difference
from engine.symbolic_check import judged, size_let_through
from tests.engine.large_packs import large_pack
from tests.engine.random_packs import packs
from tests.engine.trees import facts

TEXT = Path("rules/trading-core/pack.yaml").read_text("utf-8")
CORE = read_pack(TEXT, "before.yaml")
CALM = CORE.cast["calm_buy"]


def edited(*edits):
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read_pack(text, "after.yaml")


def compared(*edits):
    return difference([CORE], [edited(*edits)])


def moves(found):
    """The ways signals move, each with what its witness changes of the calm signal."""
    ways = {f"{one.before.name} -> {one.after.name}": one.moved for one in found.transitions}
    ways |= {f"{one.move} size": one.moved for one in found.caps}
    return {way: changes(moved.answer.facts) for way, moved in ways.items() if moved.answer.facts}


def changes(signal):
    gone = {name: None for name in CALM if name not in signal}
    return {name: value for name, value in signal.items() if CALM.get(name) != value} | gone


AGE = "market_context.data_age_seconds"
SCORE = "market_context.liquidity_score"


def test_a_looser_limit_is_looser_and_shown_with_a_round_signal():
    found = compared(("value: 30, unit: seconds", "value: 60, unit: seconds"))
    assert found.verdict == "looser"
    assert moves(found)["REJECT -> APPROVE"] == {AGE: 40.0}
    assert [(one.rule, one.verdict) for one in found.rules if one.kind != "kept"] == [
        ("trading-core/stale-data", "looser")
    ]


def test_a_stricter_limit_is_proved_stricter():
    found = compared(("value: 30, unit: seconds", "value: 20, unit: seconds"))
    assert found.verdict == "stricter"
    assert moves(found)["APPROVE -> REJECT"] == {AGE: 21.0}
    assert all(one.moved.answer.status == "impossible" for one in found.transitions if one.looser)


def test_a_limit_moved_to_its_neighbour_is_seen():
    found = compared(("value: 30, unit: seconds", "value: 30.000000000000004, unit: seconds"))
    assert found.verdict == "looser"
    assert moves(found)["REJECT -> APPROVE"] == {AGE: 30.000000000000004}


def test_the_boundary_alone_makes_the_difference():
    found = compared((f"{AGE} > limits", f"{AGE} >= limits"))
    assert found.verdict == "stricter"
    assert moves(found)["APPROVE -> REJECT"] == {AGE: 30.0}


def test_a_reordered_and_refactored_pack_is_proved_identical():
    rules = (
        TEXT.index("  - id: market-closed"),
        TEXT.index("  - id: stale-data"),
        TEXT.index("  - id: symbol-not"),
    )
    text = TEXT[: rules[0]] + TEXT[rules[1] : rules[2]] + TEXT[rules[0] : rules[1]] + TEXT[rules[2] :]
    for old, new in (
        ("market_context.market_open == false", "!market_context.market_open"),
        (f"{AGE} > limits.max_data_age", f"!({AGE} <= 30) || false"),
        (
            "!(symbol in limits.allowlist)",
            '!(symbol == \\"IBM\\") && !(symbol in [\\"MSFT\\", \\"AAPL\\", \\"FB\\", \\"GOOG\\"])',
        ),
        ("confidence < limits.min_confidence", "-confidence > -limits.min_confidence"),
    ):
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', f'"{new}"', 1)
    found = difference([CORE], [read_pack(text, "after.yaml")])
    assert found.verdict == "identical"
    assert sum(one.kind == "changed" for one in found.rules) == 4
    assert {one.verdict for one in found.rules} == {"identical"}


LIQUIDITY = "max: 1, direction: safer_up, absent: skip}"
SECONDS = "seconds, min: 0, direction: riskier_up}"
CHANGES = [
    ("GOOG, IBM", "GOOG, TSLA, IBM", "looser", "REJECT -> APPROVE", {"symbol": "TSLA"}),
    ("GOOG, IBM", "IBM", "stricter", "APPROVE -> REJECT", {"symbol": "GOOG"}),
    ("!(symbol in", "(symbol in", "incomparable", "REJECT -> APPROVE", {"symbol": "OTHER"}),
    ("value: 0.01, ", "value: 0.02, ", "looser", "larger size", {"size_pct": 0.011}),
    ("value: 0.01, ", "value: 0.005, ", "stricter", "smaller size", {}),
    (LIQUIDITY, LIQUIDITY.replace("skip", "REVIEW"), "stricter", "APPROVE -> REVIEW", {SCORE: None}),
    (LIQUIDITY, LIQUIDITY.replace(", absent: skip", ""), "stricter", "APPROVE -> REJECT", {SCORE: None}),
    (SECONDS, SECONDS.replace("}", ", absent: skip}"), "looser", "REJECT -> APPROVE", {AGE: None}),
    (
        "max: 1, direction: safer_up}",
        "direction: safer_up}",
        "looser",
        "REJECT -> APPROVE",
        {"confidence": 2},
    ),
    ('"BLOCK"', '"ALLOW"', "incomparable", "REJECT -> APPROVE", {"reasoning.recommendation": "BLOCK"}),
]


@pytest.mark.parametrize(("old", "new", "verdict", "way", "witness"), CHANGES)
def test_every_kind_of_change_is_named_and_shown(old, new, verdict, way, witness):
    found = compared((old, new))
    assert found.verdict == verdict
    assert moves(found)[way] == witness


def test_a_rule_that_is_gone_is_looser_and_one_more_is_stricter():
    start, end = TEXT.index("  - id: event-blackout"), TEXT.index("  - id: thin-liquidity")
    fewer = read_pack(TEXT[:start] + TEXT[end:], "fewer.yaml")
    gone, come = difference([CORE], [fewer]), difference([fewer], [CORE])
    assert (gone.verdict, come.verdict) == ("looser", "stricter")
    name = "trading-core/event-blackout"
    assert [(one.kind, one.verdict) for one in gone.rules if one.rule == name] == [("removed", "looser")]
    assert [(one.kind, one.verdict) for one in come.rules if one.rule == name] == [("added", "stricter")]


def test_a_longer_life_of_approvals_is_looser():
    assert compared(("decision_ttl_seconds: 60", "decision_ttl_seconds: 90")).verdict == "looser"
    assert compared(("decision_ttl_seconds: 60", "decision_ttl_seconds: 30")).verdict == "stricter"


def test_a_rule_that_another_covers_changes_without_changing_a_verdict():
    rule = f'  - {{id: very-stale, when: "{AGE} > 90", then: REJECT}}\n'
    found = compared(("rules:\n", "rules:\n" + rule))
    assert found.verdict == "identical"
    assert [(one.rule, one.kind) for one in found.rules if one.kind != "kept"] == [
        ("trading-core/very-stale", "added")
    ]


CALCULATING = """\
pack: sums
version: 1.0.0
inputs:
  gross: {type: number, min: 0, max: 4}
  size: {type: number, min: 0, max: 1}
rules:
  - {id: full, when: "%s", then: REJECT}
"""


def sums(condition):
    return read_pack(CALCULATING % condition, "sums.yaml")


def test_calculations_are_compared_as_doubles_round_them():
    assert difference([sums("gross + size > 1.5")], [sums("size + gross > 1.5")]).verdict == "identical"
    assert difference([sums("gross + size > 1.5")], [sums("gross + size >= 1.5")]).verdict == "stricter"
    assert (
        difference([sums("size * 3 > 0.3")], [sums("size > 0.1")]).verdict != "identical"
    )  # 3 * 0.1 is not 0.3


def test_a_question_beyond_the_effort_is_unknown_and_never_identical():
    packs = [sums("gross * size > 0.5")], [sums("gross * (size + gross) > gross * size + gross * gross")]
    assert difference(*packs, effort=1000).verdict == "unknown"


def test_one_input_of_two_types_is_refused_by_one_side():
    text = (
        "pack: p\nversion: 1.0.0\ninputs: {mood: {type: %s}}\nrules: [{id: r, when: 'false', then: REJECT}]\n"
    )
    found = difference([read_pack(text % "string", "a")], [read_pack(text % "number", "b")])
    assert found.verdict == "incomparable"


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(packs, packs, st.lists(facts, min_size=1, max_size=3))
def test_no_signal_moves_in_a_way_that_was_proved_impossible(before, after, signals):
    found = difference([before], [after], effort=50_000)
    status = {(one.before, one.after): one.moved.answer.status for one in found.transitions}
    sizes = {one.move: one.moved.answer.status for one in found.caps}
    for signal in signals:
        sides = judged([before], signal), judged([after], signal)
        move = (sides[0].verdict, sides[1].verdict)
        assert move not in MOVES or status[move] != "impossible"
        let = [size_let_through(one, signal) for one in sides]
        if Verdict.REJECT not in move and let[0] != let[1]:
            assert sizes["larger" if let[1] > let[0] else "smaller"] != "impossible"


@pytest.mark.parametrize(("rules", "seconds"), [(50, 1.0), (300, 5.0)])
def test_large_packs_are_compared_in_time(rules, seconds):
    before, after = large_pack(rules), large_pack(rules, most=60)
    start = process_time()
    found = difference([before], [after])
    assert process_time() - start < seconds
    assert found.verdict == "looser"
