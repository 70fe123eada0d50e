"""What would have to change: the fewest facts, by as little as possible, never the symbol or the side."""

from math import nextafter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine import Verdict, evaluate, read_pack
from engine.nearest import nearest
from tests.engine.random_packs import packs
from tests.engine.trees import facts

CORE = read_pack(Path("rules/trading-core/pack.yaml").read_text("utf-8"), "core.yaml")
CALM = CORE.cast["calm_buy"]
AGE, LOSS = "market_context.data_age_seconds", "portfolio_context.daily_drawdown_pct"


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        ({AGE: 31}, {AGE: (31.0, 30.0)}),
        ({AGE: 500, "confidence": 0.2}, {AGE: (500.0, 30.0), "confidence": (0.2, 0.6)}),
        ({LOSS: 0.03}, {LOSS: (0.03, nextafter(0.03, 0))}),
        ({"market_context.market_open": False}, {"market_context.market_open": (False, True)}),
        ({}, {}),
    ],
)
def test_the_nearest_approval_moves_each_number_just_to_its_limit(asked, changes):
    found = nearest([CORE], CALM | asked)
    assert (found.verdict, found.changes) == (Verdict.APPROVE, changes)
    assert evaluate([CORE], found.facts).verdict is Verdict.APPROVE


def test_the_nearest_review_of_a_rejected_signal_leaves_what_a_person_may_answer():
    found = nearest([CORE], CALM | {AGE: 31, "confidence": 0.2}, wanted=Verdict.REVIEW)
    assert (found.verdict, found.changes) == (Verdict.REVIEW, {AGE: (31.0, 30.0)})


def test_a_symbol_that_is_not_allowed_cannot_be_talked_round():
    assert nearest([CORE], CALM | {"symbol": "TSLA"}).status == "impossible"
    assert nearest([CORE], CALM | {"symbol": "TSLA"}, fixed=()).verdict is Verdict.APPROVE


def test_a_missing_required_fact_would_have_to_be_given():
    without = {name: value for name, value in CALM.items() if name != "confidence"}
    found = nearest([CORE], without)
    assert found.changes.keys() == {"confidence"}
    assert found.changes["confidence"][0] is None


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(packs, facts)
def test_what_is_returned_is_approved_and_an_approved_signal_stays(pack, signal):
    own = {name: value for name, value in signal.items() if name in pack.inputs}
    found = nearest([pack], own, fixed=("s0",), effort=50_000)
    if evaluate([pack], own, partial=True).verdict is Verdict.APPROVE:
        assert (found.status, found.changes) in (("witness", {}), ("unknown", None))
    if found.status == "witness":
        assert evaluate([pack], found.facts).verdict is Verdict.APPROVE
        assert "s0" not in found.changes
