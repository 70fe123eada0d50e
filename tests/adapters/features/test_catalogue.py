"""The catalogue: every feature that is told is in it, and no formula changes under an old version."""

from datetime import date

import pytest

from adapters.features.batch import KEYS, frame_of, measured
from adapters.features.catalogue import FEATURES, OF_BARS, SET_VERSION, still_cold
from adapters.features.formulas import all_features
from adapters.features.history import FeatureHistory, columns_of
from adapters.features.page import PAGE, with_table
from adapters.features.stream import FORMS, Stream
from tests.adapters.features.walks import CALENDAR, SESSIONS, bars_of

SERIES = bars_of([(2_000 + n * n % 43, n % 9, n % 5, 1_000 + n) for n in range(70)])
MEASURED = [one.name for one in OF_BARS if one.name != "liquidity_score"]


def test_every_form_has_the_features_of_the_catalogue_in_its_order() -> None:
    table = measured(frame_of({"X": SERIES}, CALENDAR))
    assert list(all_features(columns_of(SERIES))) == MEASURED
    assert list(FORMS) == list(Stream().take(SERIES[0])) == MEASURED
    assert table.columns == [*KEYS, *MEASURED]


def test_every_feature_is_warm_after_as_many_bars_as_it_says() -> None:
    features = FeatureHistory({"X": SERIES}, CALENDAR)
    for number, bar in enumerate(SERIES, start=1):
        snapshot = features.snapshot("X", bar.closed_at)
        assert snapshot is not None
        assert snapshot.cold == still_cold(number)
        assert set(snapshot.values) == {one.name for one in OF_BARS} - set(snapshot.cold)
        assert snapshot.version == SET_VERSION


def test_what_is_not_warm_counts_down_to_its_first_value() -> None:
    assert still_cold(0)["sma_50"] == 50
    assert still_cold(49) == {"sma_50": 1}
    assert still_cold(50) == {}


def test_no_feature_changes_without_a_new_version_of_the_set(snapshot) -> None:
    """Whoever writes this snapshot anew has raised ``SET_VERSION``, and the version of what changed."""
    told = {one.name: (one.version, one.unit, one.warm_after, one.needs, one.formula) for one in FEATURES}
    assert {"version": SET_VERSION, "features": told} == snapshot


def test_the_page_shows_the_table_of_the_catalogue() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "write it anew: python -m adapters.features.page"


def test_a_page_that_lost_its_marks_is_not_written_over() -> None:
    with pytest.raises(ValueError, match="put it back"):
        with_table("a page")


def test_a_price_that_never_moves_has_no_relative_strength_and_no_spread_of_prices() -> None:
    still = FeatureHistory({"X": bars_of([(2_500, 0, 0, 100)] * 60)}, CALENDAR)
    snapshot = still.snapshot("X", SESSIONS[59].closes)
    assert snapshot is not None
    assert snapshot.cold == {}
    assert "rsi_14" not in snapshot.values
    assert {snapshot.values[name] for name in ("atr_14", "deviation_20", "volatility_20d", "return_20d")} == {
        0
    }


@pytest.mark.parametrize(("step", "index"), [(1, 100.0), (-1, 0.0)])
def test_a_price_that_only_goes_one_way_has_the_utmost_strength(step: int, index: float) -> None:
    features = FeatureHistory({"X": bars_of([(2_500 + step * n, 0, 0, 100) for n in range(15)])}, CALENDAR)
    snapshot = features.snapshot("X", SESSIONS[14].closes)
    assert snapshot is not None
    assert snapshot.values["rsi_14"] == index


def test_where_nothing_trades_relative_volume_and_liquidity_are_undefined() -> None:
    features = FeatureHistory({"X": bars_of([(2_500 + n, 0, 0, 0) for n in range(60)])}, CALENDAR)
    snapshot = features.snapshot("X", SESSIONS[59].closes)
    assert snapshot is not None
    assert snapshot.cold == {}
    assert snapshot.values["dollar_volume_20d"] == 0
    assert not {"relative_volume", "liquidity_score"} & set(snapshot.values)
    assert features.liquidity("X", SESSIONS[59].closes) is None


def test_the_sessions_of_the_invented_bars_hold_half_days() -> None:
    assert {s.day for s in SESSIONS if s.seconds < 14_400} == {
        date(2012, 7, 3),
        date(2012, 11, 23),
        date(2012, 12, 24),
    }
