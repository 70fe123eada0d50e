"""Strategies: deterministic, sized by their stop, silent when they know too little."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from adapters.features.history import FeatureHistory
from adapters.market.tape import Tape
from adapters.strategy.desk import Desk, UnknownStrategy, UnknownSymbol
from adapters.strategy.fake import MOMENTS, Fake
from adapters.strategy.mean_reversion import MeanReversion
from adapters.strategy.trend import Trend
from adapters.strategy.view import MarketView, Strategy, confidence_of, size_for
from policy.contracts import Bar, FeatureSnapshot, Quote, SignalCandidate
from policy.ports import derived_id

NOW = datetime(2012, 6, 20, 16, 45, tzinfo=UTC)
RISING = {
    "close": 103.0,
    "prior_high_20": 100.0,
    "prior_low_20": 90.0,
    "sma_20": 98.0,
    "sma_50": 95.0,
    "deviation_20": 2.0,
    "volatility_20d": 0.3,
}
FALLING = RISING | {"close": 88.0, "sma_20": 93.0, "sma_50": 95.0}
STRATEGIES: list[Strategy] = [Trend(), MeanReversion(), Fake(7, {"X": 1.0})]


def _view(values: Mapping[str, float], mid: str = "103.00", moment: str | None = None) -> MarketView:
    price = Decimal(mid)
    quote = Quote(symbol="X", bid=price - Decimal("0.01"), ask=price + Decimal("0.01"), at=NOW)
    return MarketView("X", NOW, quote, FeatureSnapshot(symbol="X", at=NOW, bars=99, values=values), moment)


def test_a_new_high_in_a_rising_market_is_bought() -> None:
    signal = Trend().propose(_view(RISING))
    assert signal is not None
    assert signal.candidate_action == "BUY"
    assert signal.stop_distance_pct == 0.0378  # twice a day's share of 30 % a year
    assert signal.size_pct == 0.0132  # 0.0005 / 0.0378


def test_a_new_low_in_a_falling_market_is_sold() -> None:
    signal = Trend().propose(_view(FALLING))
    assert signal is not None
    assert signal.candidate_action == "SELL"


@pytest.mark.parametrize(
    "differing", [{"close": 100.0}, {"sma_20": 95.0}, {"close": 90.0, "sma_20": 94.0}], ids=str
)
def test_no_break_or_no_trend_is_no_signal(differing: dict[str, float]) -> None:
    assert Trend().propose(_view(RISING | differing)) is None


def test_a_wider_break_is_held_with_more_confidence() -> None:
    narrow, wide = Trend().propose(_view(RISING | {"close": 100.5})), Trend().propose(_view(RISING))
    assert narrow is not None
    assert wide is not None
    assert narrow.confidence < wide.confidence


@pytest.mark.parametrize(
    ("mid", "action"), [("93.90", "BUY"), ("102.10", "SELL"), ("94.00", None), ("102.00", None)]
)
def test_only_a_price_beyond_two_deviations_reverts(mid: str, action: str | None) -> None:
    signal = MeanReversion().propose(_view(RISING, mid=mid))
    assert (signal.candidate_action if signal else None) == action


@pytest.mark.parametrize("strategy", [Trend(), MeanReversion()], ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("missing", sorted(RISING))
def test_a_strategy_never_guesses_a_feature_that_is_not_warm(strategy: Strategy, missing: str) -> None:
    view = _view({name: value for name, value in RISING.items() if name != missing}, mid="93.00")
    read_by = {
        "trend": set(RISING) - {"deviation_20"},
        "mean-reversion": {"sma_20", "deviation_20", "volatility_20d"},
    }
    assert (strategy.propose(view) is None) or missing not in read_by[strategy.name]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_the_same_view_gives_the_same_signal(strategy: Strategy) -> None:
    assert strategy.propose(_view(RISING, mid="93.00")) == strategy.propose(_view(RISING, mid="93.00"))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_a_signal_s_id_says_who_proposed_what_when(strategy: Strategy) -> None:
    signal = strategy.propose(_view(RISING, mid="93.00"))
    assert signal is not None
    assert signal.signal_id == derived_id("signal", strategy.name, "X", NOW.isoformat())
    assert (signal.strategy, signal.created_at) == (strategy.name, NOW)


def test_confidence_starts_at_a_coin_s_toss_and_never_reaches_certainty() -> None:
    assert confidence_of(0) == confidence_of(-1) == 0.5
    assert 0.5 < confidence_of(0.5) < confidence_of(1) < confidence_of(100) <= 0.95


@pytest.mark.parametrize(("stop", "size"), [(0.05, 0.01), (0.02, 0.025), (0.005, 0.05), (0.0, 0.05)])
def test_a_stop_costs_the_same_whatever_its_distance(stop: float, size: float) -> None:
    assert size_for(stop) == size


def test_the_fake_throws_what_it_always_threw() -> None:
    thrown = Fake(7, {"X": 1.0}).propose(_view({}))
    assert thrown is not None
    told = (thrown.candidate_action, thrown.confidence, thrown.size_pct, thrown.stop_distance_pct)
    assert told == ("SELL", 0.7858, 0.0162, 0.0329)


def test_another_seed_throws_otherwise() -> None:
    thrown = [Fake(seed, {"X": 1.0}).propose(_view({})) for seed in range(20)]
    assert len({signal.confidence for signal in thrown if signal}) == 20


def test_the_fake_speaks_once_a_session_at_its_own_moment() -> None:
    spoken = [Fake(7, {"X": 1.0}).propose(_view({}, moment=moment)) for moment, _ in MOMENTS]
    assert sum(signal is not None for signal in spoken) == 1


def test_the_fake_is_silent_about_symbols_with_no_rate() -> None:
    assert Fake(7, {"X": 0.0}).propose(_view({})) is None


@pytest.fixture
def desk(tape: Tape, features: FeatureHistory) -> Desk:
    return Desk(STRATEGIES, tape.symbols, lambda symbol: tape.quote_at(symbol, NOW), features.snapshot)


def test_the_desk_asks_each_strategy_at_its_moments_only(desk: Desk) -> None:
    found = {moment: {signal.strategy for signal in desk.candidates(NOW, moment)} for moment, _ in MOMENTS}
    assert all("trend" not in names for moment, names in found.items() if moment != "open")
    assert all("mean-reversion" not in names for moment, names in found.items() if moment != "midday")
    assert desk.candidates(NOW, "start") == []


def test_the_desk_proposes_nothing_for_a_symbol_without_a_quote(features: FeatureHistory) -> None:
    silent = Desk([Fake(7, {"AAPL": 1.0})], ["AAPL"], lambda symbol: None, features.snapshot)
    assert [signal for moment, _ in MOMENTS for signal in silent.candidates(NOW, moment)] == []
    assert silent.generate("AAPL", "fake", NOW) is None


def test_history_makes_both_real_strategies_buy_and_sell(
    tape: Tape, features: FeatureHistory, bars: Mapping[str, tuple[Bar, ...]]
) -> None:
    signals: list[SignalCandidate] = []
    for bar in bars["AAPL"][-250:]:
        at = bar.opened_at
        desk = Desk([Trend(), MeanReversion()], ["AAPL"], partial(tape.quote_at, at=at), features.snapshot)
        signals += [*desk.candidates(at, "open"), *desk.candidates(at, "midday")]
    seen = {(signal.strategy, signal.candidate_action) for signal in signals}
    assert seen == {(name, action) for name in ("trend", "mean-reversion") for action in ("BUY", "SELL")}


def test_a_proposal_on_request_has_an_id_of_its_own(tape: Tape, features: FeatureHistory) -> None:
    desk = Desk([Fake(7, {"AAPL": 1.0})], ["AAPL"], lambda s: tape.quote_at(s, NOW), features.snapshot)
    asked = desk.generate("AAPL", "fake", NOW)
    own = [signal for moment, _ in MOMENTS for signal in desk.candidates(NOW, moment)]
    assert asked is not None
    assert len(own) == 1
    assert isinstance(asked.signal_id, UUID)
    assert asked.signal_id != own[0].signal_id
    assert asked.model_copy(update={"signal_id": own[0].signal_id}) == own[0]
    assert desk.generate("AAPL", None, NOW) == asked


def test_unknown_symbols_and_strategies_are_told_apart(desk: Desk) -> None:
    with pytest.raises(UnknownSymbol, match="NOPE"):
        desk.generate("NOPE", "trend", NOW)
    with pytest.raises(UnknownStrategy, match="astrology"):
        desk.generate("AAPL", "astrology", NOW)
