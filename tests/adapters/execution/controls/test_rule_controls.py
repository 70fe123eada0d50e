"""Controls that are rules of packs: each is tripped by a signal that has one thing wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from policy.contracts import Decision
from tests.adapters.execution.controls.attempts import judged
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control
from tests.policy.parts import proposal

CORE, MEASURED = "rules/trading-core/pack.yaml", "rules/house-measurements/pack.yaml"


def by_rule(decision: Decision, verdict: str, rule: str) -> str:
    """What the rules said, and that they said ``verdict`` for ``rule`` alone."""
    assert decision.decision == verdict
    assert [reason.rule for reason in decision.reasons] == [rule]
    [reason] = decision.reasons
    return f"{verdict} {rule}: {reason.message}"


@control(1, "market closed", CORE, "REJECT")
def test_no_signal_passes_while_the_market_is_closed(house: TradingHouse) -> Shown:
    decision = house.decide(market_context__market_open=False)
    return Shown(
        "a signal while the exchange is closed", by_rule(decision, "REJECT", "trading-core/market-closed")
    )


@control(2, "stale data", CORE, "REJECT")
def test_a_quote_of_more_than_thirty_seconds_is_stale(house: TradingHouse) -> Shown:
    assert house.decide(1, market_context__data_age_seconds=30.0).decision == "APPROVE"
    decision = house.decide(2, market_context__data_age_seconds=30.1)
    return Shown(
        "data of 30.0 s, which pass, and of 30.1 s", by_rule(decision, "REJECT", "trading-core/stale-data")
    )


@control(3, "numbers that cannot be", "policy/contracts.py", "422")
def test_a_negative_age_and_no_number_are_no_requests() -> Shown:
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises((ValidationError, ValueError)):
            proposal(market_context__data_age_seconds=wrong)
    return Shown(
        "data of -1 s, of NaN and of infinite age", "each refused as an invalid request, none judged"
    )


@control(6, "allow-list", CORE, "REJECT")
def test_a_symbol_outside_the_list_is_rejected(house: TradingHouse) -> Shown:
    decision = house.decide(symbol="GME")
    return Shown("a signal for GME", by_rule(decision, "REJECT", "trading-core/symbol-not-allowed"))


@control(7, "instrument unknown at the broker", "adapters/brokers/paper/intake.py", "REJECTED")
def test_a_symbol_that_the_broker_does_not_trade_ends_as_rejected(house: TradingHouse) -> Shown:
    house.market.exchange.prices["AAPL"] = house.market.exchange.prices["IBM"]
    order = house.one(house.order(1, symbol="AAPL"))
    [reason] = order.reasons
    assert (order.state_detail.value, reason.code) == ("REJECTED", "broker-refused")
    return Shown(
        "buy AAPL, which is allowed here and unknown to the broker",
        f"REJECTED, {reason.code}: {reason.message}",
    )


@control(8, "event blackout", CORE, "REJECT")
def test_no_signal_passes_in_a_blackout(house: TradingHouse) -> Shown:
    decision = house.decide(market_context__event_blackout_active=True)
    return Shown("a signal in a blackout", by_rule(decision, "REJECT", "trading-core/event-blackout"))


@control(9, "daily drawdown", CORE, "REJECT")
def test_three_per_cent_lost_since_the_open_reject_new_risk(house: TradingHouse) -> Shown:
    assert house.decide(1, portfolio_context__daily_drawdown_pct=0.0299).decision == "APPROVE"
    decision = house.decide(2, portfolio_context__daily_drawdown_pct=0.03)
    return Shown(
        "2.99 per cent lost, which pass, and 3", by_rule(decision, "REJECT", "trading-core/daily-drawdown")
    )


@control(21, "correlation", CORE, "REVIEW")
def test_a_crowded_portfolio_is_looked_at(house: TradingHouse) -> Shown:
    assert house.decide(1, portfolio_context__correlation=0.35).decision == "APPROVE"
    decision = house.decide(2, portfolio_context__correlation=0.36)
    return Shown(
        "a correlation of 0.35, which passes, and of 0.36",
        by_rule(decision, "REVIEW", "trading-core/crowded-portfolio"),
    )


@control(23, "liquidity", CORE, "REVIEW")
def test_a_thin_market_is_looked_at(house: TradingHouse) -> Shown:
    assert house.decide(1, market_context__liquidity_score=0.7).decision == "APPROVE"
    decision = house.decide(2, market_context__liquidity_score=0.69)
    return Shown(
        "a score of 0.7, which passes, and of 0.69",
        by_rule(decision, "REVIEW", "trading-core/thin-liquidity"),
    )


@control(24, "confidence", CORE, "REVIEW")
def test_an_unsure_signal_is_looked_at(house: TradingHouse) -> Shown:
    assert house.decide(1, confidence=0.6).decision == "APPROVE"
    decision = house.decide(2, confidence=0.59)
    return Shown(
        "a confidence of 0.6, which passes, and of 0.59",
        by_rule(decision, "REVIEW", "trading-core/low-confidence"),
    )


MEMOS = {
    "cautious-memo": ({"status": "OK", "recommendation": "ALLOW_WITH_CAUTION"}, "REVIEW"),
    "failed-reasoning": ({"status": "FAILED"}, "REVIEW"),
    "blocking-memo": ({"status": "OK", "recommendation": "BLOCK"}, "REJECT"),
}


@control(25, "reasoning cautious, failed or blocking", CORE, "REVIEW or REJECT")
def test_what_the_model_says_can_only_hold_back(house: TradingHouse) -> Shown:
    told = []
    for number, (rule, (memo, verdict)) in enumerate(MEMOS.items(), 1):
        decision = house.decide(number, reasoning=memo)
        told.append(by_rule(decision, verdict, f"trading-core/{rule}"))
    return Shown("a memo of caution, one that failed, one that blocks", "; ".join(told))


@control(35, "what nobody measured", MEASURED, "REVIEW")
def test_a_signal_of_the_house_without_measurements_is_looked_at(
    house: TradingHouse, monkeypatch: pytest.MonkeyPatch
) -> Shown:
    unmeasured = _without(house.measure, "correlation")
    monkeypatch.setattr(house, "measure", unmeasured)
    decision = judged(house, 1)
    assert decision.decision == "REVIEW"
    rules = ", ".join(reason.rule for reason in decision.reasons)
    assert "house-measurements/unmeasured-correlation" in rules
    return Shown("a signal of the house before there is enough history for a correlation", f"REVIEW {rules}")


def _without(measure: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The house's measurements with one of the portfolio's missing."""

    def measured(*asked: Any) -> Any:
        found = measure(*asked)
        return type(found)(found.market, found.portfolio.model_copy(update={name: None}))

    return measured
