"""Features that follow a market: the same bits as a history's, nothing across a gap, no bar twice."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given

from adapters.features.catalogue import still_cold
from adapters.features.history import FeatureHistory
from adapters.features.live import BarRefused, LiveFeatures
from adapters.features.stream import REMEMBERED, Stream
from adapters.market.calendar import TradingCalendar
from adapters.market.overrides import Overrides
from policy.contracts import Bar
from tests.adapters.features.walks import CALENDAR, SESSIONS, Day, bars_of, walks
from tests.trivet import PROJECT

Bars = Mapping[str, tuple[Bar, ...]]
EVERYTHING = still_cold(0)


def _walk(length: int) -> list[Day]:
    return [(2_000 + 7 * (n * n % 31), n % 90, n % 40, 1_000 + 13 * n) for n in range(length)]


def test_a_market_that_is_followed_says_what_its_history_says(
    bars: Bars, features: FeatureHistory, calendar: TradingCalendar
) -> None:
    begun = {symbol: series[:100] for symbol, series in bars.items()}
    live = LiveFeatures(begun, calendar)
    for symbol in ("FB", "GOOG"):
        for bar in bars[symbol][100:180]:
            assert live.take(bar)
            assert live.snapshot(symbol, bar.closed_at) == features.snapshot(symbol, bar.closed_at)
            assert live.liquidity(symbol, bar.closed_at) == features.liquidity(symbol, bar.closed_at)
            mine, other = (of.return_window(symbol, bar.closed_at) for of in (live, features))
            assert mine is not None
            assert other is not None
            assert mine.closes == other.closes
            assert np.array_equal(mine.returns, other.returns)
    assert live.symbols == features.symbols


@given(walk=walks())
def test_whatever_the_prices_both_come_to_the_same_bits(walk: list[Day]) -> None:
    series = bars_of(walk)
    live, whole = LiveFeatures({}, CALENDAR), FeatureHistory({"X": series}, CALENDAR)
    for bar in series:
        live.take(bar)
        assert live.snapshot("X", bar.closed_at) == whole.snapshot("X", bar.closed_at)


def test_the_last_bar_told_again_changes_nothing() -> None:
    series = bars_of(_walk(30))
    live = LiveFeatures({"X": series}, CALENDAR)
    before = live.snapshot("X", series[-1].closed_at)
    assert not live.take(series[-1])
    assert live.snapshot("X", series[-1].closed_at) == before


@pytest.mark.parametrize("change", [{"close": Decimal("19.99")}, {"volume": 1}])
def test_the_last_bar_with_other_numbers_is_refused(change: dict[str, object]) -> None:
    series = bars_of(_walk(30))
    live = LiveFeatures({"X": series}, CALENDAR)
    before = live.snapshot("X", series[-1].closed_at)
    with pytest.raises(BarRefused, match="does not follow the last"):
        live.take(series[-1].model_copy(update=change))
    assert live.snapshot("X", series[-1].closed_at) == before


@pytest.mark.parametrize("close", ["0", "-1"])
def test_a_bar_without_a_price_is_refused_and_leaves_everything_as_it_was(close: str) -> None:
    series = bars_of(_walk(40))
    unpriced = series[39].model_copy(update={"close": Decimal(close)})
    live, whole = LiveFeatures({"X": series[:39]}, CALENDAR), FeatureHistory({"X": series}, CALENDAR)
    with pytest.raises(BarRefused, match="no close above zero"):
        live.take(unpriced)
    assert live.take(series[39])
    assert live.snapshot("X", series[39].closed_at) == whole.snapshot("X", series[39].closed_at)
    with pytest.raises(ValueError, match="correct it where bars are kept"):
        FeatureHistory({"X": [*series[:39], unpriced]})


def test_an_older_bar_is_refused_and_the_next_one_still_taken() -> None:
    series = bars_of(_walk(40))
    live, whole = LiveFeatures({"X": series[:39]}, CALENDAR), FeatureHistory({"X": series}, CALENDAR)
    with pytest.raises(BarRefused, match="restart from it"):
        live.take(series[7])
    assert live.take(series[39])
    assert live.snapshot("X", series[39].closed_at) == whole.snapshot("X", series[39].closed_at)


@pytest.mark.parametrize("missing", [1, 5])
def test_after_a_gap_everything_gets_warm_anew(missing: int) -> None:
    series = bars_of(_walk(120))
    kept = [*series[:60], *series[60 + missing :]]
    live = LiveFeatures({"X": kept[:60]}, CALENDAR)
    for number, bar in enumerate(kept[60:], start=1):
        live.take(bar)
        snapshot = live.snapshot("X", bar.closed_at)
        assert snapshot is not None
        assert snapshot.cold == still_cold(number)
        assert not set(snapshot.values) & set(snapshot.cold)
    anew = FeatureHistory({"X": series[60 + missing :]}, CALENDAR)
    last, fresh = live.snapshot("X", series[-1].closed_at), anew.snapshot("X", series[-1].closed_at)
    assert last is not None
    assert fresh is not None
    assert last.values == fresh.values


def test_a_history_with_a_gap_says_the_same_as_a_market_with_one() -> None:
    series = bars_of(_walk(100))
    kept = [*series[:50], *series[53:]]
    live, whole = LiveFeatures({"X": kept}, CALENDAR), FeatureHistory({"X": kept}, CALENDAR)
    for bar in series:
        assert live.snapshot("X", bar.closed_at) == whole.snapshot("X", bar.closed_at)
    windows = [live.return_window("X", bar.closed_at, 30) for bar in series]
    assert [n for n, window in enumerate(windows) if window] == [*range(30, 50), *range(83, 100)]


def test_while_the_bar_of_the_last_session_is_missing_nothing_is_told_from_older_ones() -> None:
    series = bars_of(_walk(80))
    live = LiveFeatures({"X": series}, CALENDAR)
    next_close = SESSIONS[80].closes
    just_before, at_it = (live.snapshot("X", next_close - ago) for ago in (timedelta(seconds=1), timedelta()))
    assert just_before is not None
    assert at_it is not None
    assert "sma_50" in just_before.values
    assert (at_it.bars, at_it.values, at_it.cold) == (80, {}, EVERYTHING)
    assert live.liquidity("X", next_close) is None
    assert live.return_window("X", next_close) is None
    live.take(bars_of(_walk(81))[80])
    warm = live.snapshot("X", next_close)
    assert warm is not None
    assert warm.cold == {}


def test_a_day_that_the_operator_closed_since_is_no_gap_though_it_has_a_bar() -> None:
    series = bars_of(_walk(80))
    closed = TradingCalendar(
        Overrides(closed={SESSIONS[70].day: "mourning", SESSIONS[79].day: "a feed that failed"})
    )
    live, whole = LiveFeatures({"X": series}, closed), FeatureHistory({"X": series}, CALENDAR)
    for bar in series:
        assert live.snapshot("X", bar.closed_at) == whole.snapshot("X", bar.closed_at)


def test_a_bar_that_was_missing_is_made_good_by_a_restart() -> None:
    series = bars_of(_walk(90))
    live = LiveFeatures({"X": [*series[:70], *series[71:]]}, CALENDAR)
    gap = live.snapshot("X", series[-1].closed_at)
    assert gap is not None
    assert gap.cold
    live.restart("X", series)
    whole = FeatureHistory({"X": series}, CALENDAR)
    assert live.snapshot("X", series[-1].closed_at) == whole.snapshot("X", series[-1].closed_at)


def test_a_split_restarts_from_the_adjusted_history() -> None:
    traded = bars_of(_walk(70))
    halved = [
        bar.model_copy(
            update={name: getattr(bar, name) / 2 for name in ("open", "high", "low", "close")}
            | {"volume": bar.volume * 2}
        )
        for bar in traded
    ]
    live = LiveFeatures({"X": traded}, CALENDAR)
    live.restart("X", halved)
    after = bars_of([(1_010, 5, 5, 2_000)], SESSIONS[70:])[0]
    live.take(after)
    expected = FeatureHistory({"X": [*halved, after]}, CALENDAR).snapshot("X", after.closed_at)
    assert live.snapshot("X", after.closed_at) == expected
    assert expected is not None
    assert abs(expected.values["return_1d"]) < 0.2


def test_a_symbol_is_followed_from_its_first_bar_on() -> None:
    live = LiveFeatures({}, CALENDAR)
    assert live.snapshot("X", SESSIONS[0].closes) is None
    [bar] = bars_of(_walk(1))
    live.take(bar)
    first = live.snapshot("X", bar.closed_at)
    assert first is not None
    assert (first.bars, first.values) == (1, {"close": float(bar.close)})


@pytest.mark.parametrize("of", [FeatureHistory, LiveFeatures])
def test_a_symbol_whose_bars_are_still_to_come_knows_nothing(of: type[FeatureHistory]) -> None:
    features = of({"X": []}, CALENDAR)
    nothing = features.snapshot("X", SESSIONS[0].closes)
    assert nothing is not None
    assert (nothing.bars, nothing.values, nothing.cold) == (0, {}, EVERYTHING)
    assert features.symbols == ("X",)


def test_what_a_stream_remembers_does_not_grow() -> None:
    stream, series = Stream(), bars_of(_walk(REMEMBERED + 1))
    for bar in series:
        stream.take(bar)
    held = {name: (len(value), sys.getsizeof(value)) for name, value in _lists(stream).items()}
    for _ in range(100):
        for bar in series:
            stream.take(bar)
    assert {name: (len(value), sys.getsizeof(value)) for name, value in _lists(stream).items()} == held
    assert {length for length, _ in held.values()} == {REMEMBERED}


def _lists(stream: Stream) -> dict[str, list[float]]:
    return {name: value for name, value in vars(stream).items() if isinstance(value, list)}


TIMED = """
from timeit import repeat
from adapters.features.live import LiveFeatures
from tests.adapters.features.walks import CALENDAR, bars_of
series = bars_of([(2_000 + 7 * (n * n % 31), n % 90, n % 40, 1_000 + 13 * n) for n in range(200)])
def take():
    live = LiveFeatures({"X": series[:60]}, CALENDAR)
    return lambda: [live.take(bar) for bar in series[60:]]
print(min(min(repeat(take(), number=1, repeat=1)) for _ in range(20)) / 140)
"""


def test_a_bar_is_taken_in_less_than_a_hundred_microseconds() -> None:
    """In a process of its own, whose lines nobody counts, at its best, since others use the machine too."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 100e-6
