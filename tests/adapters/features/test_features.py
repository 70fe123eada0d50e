"""Features: right by hand, absent until warm, blind to the future."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import log, sqrt
from statistics import fmean, pstdev, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.features import formulas
from adapters.features.history import FeatureHistory
from adapters.features.liquidity import liquidity_score
from policy.contracts import Bar

NOW = datetime(2012, 6, 20, 15, tzinfo=UTC)
Bars = Mapping[str, tuple[Bar, ...]]
WARM_AFTER = {
    "close": 1,
    "return_1d": 2,
    "return_5d": 6,
    "sma_10": 10,
    "sma_20": 20,
    "ema_20": 20,
    "deviation_20": 20,
    "volume_20d": 20,
    "dollar_volume_20d": 20,
    "relative_volume": 20,
    "return_20d": 21,
    "rsi_14": 15,
    "atr_14": 15,
    "liquidity_score": 20,
    "prior_high_20": 21,
    "prior_low_20": 21,
    "volatility_20d": 21,
    "sma_50": 50,
}


def _closed(bars: Bars, symbol: str, at: datetime) -> list[Bar]:
    return [bar for bar in bars[symbol] if bar.closed_at <= at]


def test_every_feature_is_what_its_formula_says(bars: Bars, features: FeatureHistory) -> None:
    closed = _closed(bars, "AAPL", NOW)
    closes = [float(bar.close) for bar in closed]
    dollars = [float(bar.close) * bar.volume for bar in closed]
    logs = [log(b / a) for a, b in zip(closes[-21:], closes[-20:], strict=False)]
    expected = {
        "close": closes[-1],
        "return_1d": closes[-1] / closes[-2] - 1,
        "return_5d": closes[-1] / closes[-6] - 1,
        "return_20d": closes[-1] / closes[-21] - 1,
        "sma_10": fmean(closes[-10:]),
        "sma_20": fmean(closes[-20:]),
        "sma_50": fmean(closes[-50:]),
        "deviation_20": pstdev(closes[-20:]),
        "prior_high_20": max(float(bar.high) for bar in closed[-21:-1]),
        "prior_low_20": min(float(bar.low) for bar in closed[-21:-1]),
        "volatility_20d": stdev(logs) * sqrt(252),
        "volume_20d": fmean(bar.volume for bar in closed[-20:]),
        "dollar_volume_20d": fmean(dollars[-20:]),
        "relative_volume": closed[-1].volume / fmean(bar.volume for bar in closed[-20:]),
    }
    snapshot = features.snapshot("AAPL", NOW)
    assert snapshot is not None
    assert snapshot.bars == len(closed)
    assert {name: snapshot.values[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_the_exponential_mean_follows_its_recursion() -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0])
    smoothed = formulas.exponential_mean(values, 3)
    assert np.isnan(smoothed[:2]).all()
    assert smoothed[2:].tolist() == [2.75, 5.375]


@pytest.mark.parametrize(("name", "needed"), WARM_AFTER.items())
def test_a_feature_is_absent_until_it_is_warm(
    name: str, needed: int, bars: Bars, features: FeatureHistory
) -> None:
    series = bars["FB"]
    before, warm = (
        features.snapshot("FB", series[needed - 1].opened_at),
        features.snapshot("FB", series[needed - 1].closed_at),
    )
    assert before is not None
    assert warm is not None
    assert name not in before.values
    assert name in warm.values


def test_the_table_of_warm_times_names_every_feature(bars: Bars, features: FeatureHistory) -> None:
    snapshot = features.snapshot("AAPL", NOW)
    assert snapshot is not None
    assert set(snapshot.values) == set(WARM_AFTER)


def test_a_bar_counts_from_its_close_and_not_before(bars: Bars, features: FeatureHistory) -> None:
    bar = bars["IBM"][100]
    before = features.snapshot("IBM", bar.closed_at - timedelta(microseconds=1))
    after = features.snapshot("IBM", bar.closed_at)
    assert before is not None
    assert after is not None
    assert (before.bars, after.bars) == (100, 101)
    assert after.values["close"] == float(bar.close)


@pytest.mark.parametrize("known", [30, 70, 150])
def test_changing_the_future_moves_no_feature_of_the_past(known: int, bars: Bars) -> None:
    series = bars["FB"]
    altered = [
        bar.model_copy(update={"close": bar.close * 3, "high": bar.high * 3, "low": bar.low * 3, "volume": 7})
        for bar in series[known:]
    ]
    real, other = FeatureHistory({"FB": series}), FeatureHistory({"FB": [*series[:known], *altered]})
    for bar in series[:known]:
        assert real.snapshot("FB", bar.closed_at) == other.snapshot("FB", bar.closed_at)
        assert real.liquidity("FB", bar.closed_at) == other.liquidity("FB", bar.closed_at)
    assert real.snapshot("FB", series[known].closed_at) != other.snapshot("FB", series[known].closed_at)


def test_cutting_the_future_off_moves_no_feature_of_the_past(bars: Bars) -> None:
    series = bars["FB"]
    whole, short = FeatureHistory({"FB": series}), FeatureHistory({"FB": series[:90]})
    for bar in series[:90]:
        assert whole.snapshot("FB", bar.closed_at) == short.snapshot("FB", bar.closed_at)


def test_an_unknown_symbol_has_no_features(features: FeatureHistory) -> None:
    assert features.snapshot("NOPE", NOW) is None
    assert features.liquidity("NOPE", NOW) is None
    assert features.return_window("NOPE", NOW) is None


def test_before_the_first_close_there_are_no_values(bars: Bars, features: FeatureHistory) -> None:
    snapshot = features.snapshot("FB", bars["FB"][0].opened_at)
    assert snapshot is not None
    assert (snapshot.bars, snapshot.values) == (0, {})


def test_the_return_window_holds_the_last_sixty_known_returns(bars: Bars, features: FeatureHistory) -> None:
    series = bars["FB"]
    assert features.return_window("FB", series[59].closed_at) is None
    window = features.return_window("FB", series[60].closed_at)
    assert window is not None
    assert window.closes == tuple(bar.closed_at for bar in series[1:61])
    assert window.returns[-1] == pytest.approx(float(series[60].close / series[59].close) - 1)


def test_the_large_caps_are_mostly_liquid_and_sometimes_thin(bars: Bars, features: FeatureHistory) -> None:
    for symbol, series in bars.items():
        scores = [features.liquidity(symbol, bar.closed_at) for bar in series]
        known = [score for score in scores if score is not None]
        assert len(known) == len(series) - 19
        thin = sum(score < 0.7 for score in known) / len(known)
        assert 0.005 < thin < 0.15, symbol


def test_the_day_after_a_christmas_half_day_is_thin(features: FeatureHistory) -> None:
    score = features.liquidity("AAPL", datetime(2012, 12, 26, 15, tzinfo=UTC))
    assert score is not None
    assert score < 0.7


@given(dollars=st.floats(0, 1e12), relative=st.floats(0, 20), more=st.floats(1, 10))
def test_liquidity_is_a_score_that_grows_with_volume(dollars: float, relative: float, more: float) -> None:
    score = liquidity_score({"dollar_volume_20d": dollars, "relative_volume": relative})
    deeper = liquidity_score({"dollar_volume_20d": dollars * more, "relative_volume": relative})
    busier = liquidity_score({"dollar_volume_20d": dollars, "relative_volume": relative * more})
    assert score is not None
    assert deeper is not None
    assert busier is not None
    assert 0 <= score <= min(deeper, busier)
    assert max(deeper, busier) <= 1


def test_the_stated_example_of_the_liquidity_formula_holds() -> None:
    score = liquidity_score({"dollar_volume_20d": 60_000_000.0, "relative_volume": 1.0})
    assert score == pytest.approx(0.7, abs=0.002)
