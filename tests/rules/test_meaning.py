"""What must hold for every signal that trading-core can be asked about, tried on random ones."""

import random
from math import inf, nextafter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Verdict, evaluate, read_pack

CORE = read_pack(Path("rules/trading-core/pack.yaml").read_text("utf-8"), "trading-core")
FIRST = read_pack(Path("rules/trading-core/released/1.0.0.yaml").read_text("utf-8"), "trading-core@1.0.0")
HOUSE = read_pack(Path("rules/house-measurements/pack.yaml").read_text("utf-8"), "house-measurements")
STOPS = read_pack(Path("rules/house-stops/pack.yaml").read_text("utf-8"), "house-stops")
CALM = CORE.cast["calm_buy"]


def near(*limits):
    """Values on the limits, next to them, and anywhere."""
    edges = [edge for limit in limits for edge in (limit, nextafter(limit, inf), nextafter(limit, -inf))]
    return st.sampled_from(edges) | st.floats(0, 1)


MEMOS = st.sampled_from(
    [{}, {"reasoning.status": "FAILED"}, {"reasoning.status": "SKIPPED"}]
    + [
        {"reasoning.status": "OK", "reasoning.recommendation": word}
        for word in ("ALLOW", "ALLOW_WITH_CAUTION", "BLOCK")
    ]
)
WITHOUT_MEMO = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["AAPL", "MSFT", "TSLA", "aapl", "A'\"\\\n", "ß🚀"]),
        "candidate_action": st.sampled_from(["BUY", "SELL"]),
        "confidence": near(0.6),
        "size_pct": near(0.01),
        "market_context.data_age_seconds": near(30.0),
        "market_context.market_open": st.booleans(),
        "market_context.event_blackout_active": st.booleans(),
        "portfolio_context.gross_exposure_pct": near(0.0).filter(lambda x: x >= 0),
        "portfolio_context.daily_drawdown_pct": near(0.03),
    },
    optional={
        "market_context.liquidity_score": near(0.7),
        "portfolio_context.correlation": near(0.35),
        "house.only_reduces": st.booleans(),
    },
)
SIGNALS = st.builds(lambda facts, memo: {**facts, **memo}, WITHOUT_MEMO, MEMOS)


def specified(facts):
    """The specification's table in plain Python: the verdict and every rule that hits."""
    hits = {
        "market-closed": not facts["market_context.market_open"],
        "stale-data": facts["market_context.data_age_seconds"] > 30,
        "symbol-not-allowed": facts["symbol"] not in {"AAPL", "FB", "GOOG", "IBM", "MSFT"},
        "daily-drawdown": facts["portfolio_context.daily_drawdown_pct"] >= 0.03,
        "event-blackout": facts["market_context.event_blackout_active"],
        "blocking-memo": facts.get("reasoning.recommendation") == "BLOCK",
    }, {
        "thin-liquidity": facts.get("market_context.liquidity_score", 1) < 0.7,
        "low-confidence": facts["confidence"] < 0.6,
        "cautious-memo": facts.get("reasoning.recommendation") == "ALLOW_WITH_CAUTION",
        "crowded-portfolio": facts.get("portfolio_context.correlation", -1) > 0.35,
        "failed-reasoning": facts.get("reasoning.status") == "FAILED",
    }  # fmt: skip
    rejects, reviews = ({rule for rule, hit in group.items() if hit} for group in hits)
    verdict = Verdict.REJECT if rejects else Verdict.REVIEW if reviews else Verdict.APPROVE
    return verdict, rejects | reviews


@settings(max_examples=500, deadline=None)
@given(SIGNALS)
def test_the_first_trading_core_says_what_the_specification_says(facts):
    facts = {name: value for name, value in facts.items() if name in FIRST.inputs}
    outcome = evaluate([FIRST], facts)
    verdict, rules = specified(facts)
    assert outcome.verdict is verdict
    assert {hit.rule for hit in outcome.hits} == {f"trading-core/{rule}" for rule in rules}
    expected = 0.0 if verdict is Verdict.REJECT else min(facts["size_pct"], 0.01)
    assert outcome.approved_size_pct == expected


@pytest.mark.parametrize(
    ("fact", "limit", "passes_at", "harsher"),
    [
        ("market_context.data_age_seconds", 30.0, True, inf),
        ("portfolio_context.daily_drawdown_pct", 0.03, False, inf),
        ("market_context.liquidity_score", 0.7, True, -inf),
        ("confidence", 0.6, True, -inf),
        ("portfolio_context.correlation", 0.35, True, inf),
    ],
)
def test_each_boundary_lies_on_the_side_the_specification_says_to_the_last_bit(
    fact, limit, passes_at, harsher
):
    def approved(value):
        return evaluate([CORE], {**CALM, fact: value}).verdict is Verdict.APPROVE

    assert approved(limit) is passes_at
    assert not approved(nextafter(limit, harsher))
    assert approved(nextafter(limit, -harsher))


def test_the_cap_begins_one_bit_above_its_limit():
    sizes = [evaluate([CORE], {**CALM, "size_pct": size}) for size in (0.01, nextafter(0.01, inf))]
    assert [len(outcome.caps) for outcome in sizes] == [0, 1]
    assert [outcome.approved_size_pct for outcome in sizes] == [0.01, 0.01]


@settings(max_examples=200, deadline=None)
@given(WITHOUT_MEMO, MEMOS)
def test_a_memo_never_makes_a_verdict_milder_or_a_size_larger(facts, memo):
    without, with_memo = evaluate([CORE, HOUSE], facts), evaluate([CORE, HOUSE], {**facts, **memo})
    assert with_memo.verdict >= without.verdict
    assert with_memo.approved_size_pct <= without.approved_size_pct


@settings(max_examples=100, deadline=None)
@given(SIGNALS, st.randoms(use_true_random=False))
def test_the_order_of_rules_and_packs_does_not_matter_and_a_repeated_pack_counts_once(facts, dice):
    shuffled = shuffled_core(dice)
    one, other = evaluate([CORE, HOUSE], facts), evaluate([HOUSE, shuffled, HOUSE], facts)
    assert one.verdict is other.verdict
    assert {(hit.rule, hit.message) for hit in one.hits} == {(hit.rule, hit.message) for hit in other.hits}
    assert len(one.hits) == len(other.hits)


def shuffled_core(dice, _cache={}):  # noqa: B006 - a few compiled packs, not one per example
    order = list(range(len(CORE.rules)))
    random.Random(dice.randint(0, 4)).shuffle(order)
    key = tuple(order)
    if key not in _cache:
        head, *rules = CORE.text.split("\n  - id: ")
        _cache[key] = read_pack(
            "\n  - id: ".join([head, *(rules[i].rstrip("\n") for i in order)]) + "\n", "shuffled"
        )
    return _cache[key]


@settings(max_examples=100, deadline=None)
@given(SIGNALS, st.integers(0, len(CORE.rules) - 1))
def test_adding_a_rule_never_makes_a_verdict_milder(facts, left_out):
    fewer, all_rules = evaluate([without_rule(left_out)], facts), evaluate([CORE], facts)
    assert all_rules.verdict >= fewer.verdict
    assert all_rules.approved_size_pct <= fewer.approved_size_pct


def without_rule(index, _cache={}):  # noqa: B006 - compiled once for each rule
    if index not in _cache:
        head, *rules = CORE.text.split("\n  - id: ")
        _cache[index] = read_pack("\n  - id: ".join([head, *rules[:index], *rules[index + 1 :]]), "fewer")
    return _cache[index]


@settings(max_examples=200, deadline=None)
@given(SIGNALS, st.data())
def test_no_incomplete_or_garbled_signal_is_approved(facts, data):
    required = sorted(name for name, declared in CORE.inputs.items() if declared.required)
    name = data.draw(st.sampled_from(required))
    garbled = data.draw(st.sampled_from(["leave out", "x" * 40, None, float("nan"), -1e9, [], 10**400]))
    broken = {**facts, name: garbled}
    if garbled == "leave out":
        del broken[name]
    assert evaluate([CORE], broken, partial=True).verdict is Verdict.REJECT


@settings(max_examples=200, deadline=None)
@given(SIGNALS, st.sampled_from([("ACTIVE", "REDUCING"), ("ACTIVE", "HALTED"), ("REDUCING", "HALTED")]))
def test_a_harder_stop_never_makes_a_verdict_milder_or_a_size_larger(facts, stops):
    softer, harder = (evaluate([CORE, HOUSE, STOPS], {**facts, "house.stop": stop}) for stop in stops)
    assert harder.verdict >= softer.verdict
    assert harder.approved_size_pct <= softer.approved_size_pct


@settings(max_examples=100, deadline=None)
@given(SIGNALS)
def test_a_stop_that_nobody_can_tell_rejects(facts):
    assert evaluate([CORE, HOUSE, STOPS], facts).verdict is Verdict.REJECT
