"""The forms of every feature agree, with each other, with TA-Lib and with exact arithmetic."""

from collections.abc import Mapping
from math import isnan, nan

import pytest
from hypothesis import given, settings

from adapters.features.catalogue import OF_BARS
from adapters.features.differences import Difference, differences, forms_of, largest, too_far
from adapters.market.calendar import TradingCalendar
from policy.contracts import Bar
from tests.adapters.features.differences import BEGIN, END, PAGE, TALIB, Line, lines_of
from tests.adapters.features.walks import CALENDAR, Day, bars_of, walks

NOT_IN_TALIB = {"close"}
WILDERS = {"rsi_14", "atr_14"}
FAR_IN_TALIB = {"deviation_20": 1e-10, "volatility_20d": 1e-12}
"""TA-Lib takes both from differences of squares, which nearly cancel."""


@pytest.fixture(scope="module")
def lines(bars: Mapping[str, tuple[Bar, ...]], calendar: TradingCalendar) -> list[Line]:
    return lines_of(bars, calendar)


def test_every_feature_that_is_measured_on_bars_is_compared(lines: list[Line]) -> None:
    names = [line.name for line in lines]
    assert [*names, "liquidity_score"] == [one.name for one in OF_BARS]
    assert {line.name for line in lines if line.talib is None} == NOT_IN_TALIB
    assert min(line.exact.compared for line in lines) > 11_000


def test_bar_by_bar_comes_to_the_bits_of_the_history(lines: list[Line]) -> None:
    assert {line.name: line.forms["bar by bar"].ulps for line in lines} == {line.name: 0 for line in lines}
    assert all(line.forms["bar by bar"].alone == 0 for line in lines)


def test_polars_comes_to_the_same_bits_but_for_wilders_averages(lines: list[Line]) -> None:
    far = {line.name: line.forms["Polars"].ulps for line in lines if line.forms["Polars"].ulps}
    assert set(far) <= WILDERS
    assert max(far.values(), default=0) <= 16
    assert all(line.forms["Polars"].alone == 0 for line in lines)


def test_talib_agrees_where_it_has_the_feature(lines: list[Line]) -> None:
    for line in lines:
        if line.talib is not None:
            assert line.talib.relative < FAR_IN_TALIB.get(line.name, 1e-14), line.name
            assert line.talib.alone == 0, line.name


def test_nothing_is_farther_from_the_exact_value_than_doubles_are(lines: list[Line]) -> None:
    for line in lines:
        assert line.exact.relative < (1e-12 if line.name == "volatility_20d" else 1e-14), line.name
        assert line.exact.alone == 0, line.name


def test_the_page_has_a_line_for_each_of_them(lines: list[Line]) -> None:
    table = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip().splitlines()
    shown = {cells[1].strip(" `"): cells for cells in (line.split("|") for line in table[2:])}
    assert list(shown) == [line.name for line in lines], "write it anew: make features-check"
    for line in lines:
        assert shown[line.name][2].strip() == f"{line.exact.compared:,}"
        assert shown[line.name][3].strip() == "0"
        assert ("has none" in shown[line.name][5]) == (line.name not in TALIB)


@settings(max_examples=15, deadline=None)
@given(walk=walks(least=2, most=90))
def test_whatever_the_prices_the_forms_stay_as_near_as_is_allowed(walk: list[Day]) -> None:
    assert too_far(differences(forms_of({"X": bars_of(walk)}, CALENDAR))) == []


def test_bars_with_gaps_are_cut_alike_by_every_form() -> None:
    walk = [(2_000 + n * n % 41, n % 9, n % 5, 1_000 + n) for n in range(120)]
    series, other = bars_of(walk), bars_of(walk[:3], symbol="Y")
    gaps = {"X": [*series[:55], *series[57:58], *series[60:]], "Y": other}
    forms = forms_of(gaps, CALENDAR)
    assert too_far(differences(forms)) == []
    warm = sum(not isnan(value) for value in forms["history"]["sma_50"])
    assert warm == (55 - 49) + (60 - 49)


def test_prices_that_a_split_left_with_many_digits_are_the_same_doubles_in_every_form() -> None:
    series = bars_of([(2_000 + n * n % 41, n % 9, n % 5, 1_000 + n) for n in range(60)])
    names = ("open", "high", "low", "close")
    thirds = [bar.model_copy(update={name: getattr(bar, name) / 3 for name in names}) for bar in series]
    found = differences(forms_of({"X": thirds}, CALENDAR))
    assert max(one.ulps for name, one in found["Polars"].items() if name not in WILDERS) == 0
    assert too_far(found) == []


def test_a_form_that_says_more_or_something_else_is_too_far() -> None:
    same = {"close": [1.0, nan, 3.0], "ema_20": [1.0, 2.0, 3.0]}
    more = {"close": [1.0, 2.0, 3.0], "ema_20": [1.0, 2.0, 3.0]}
    other = {"close": [1.0, nan, 3.0], "ema_20": [1.0, 2.0, 3.0 + 2**-51]}
    assert too_far(differences({"history": same, "bar by bar": same, "Polars": same})) == []
    assert too_far(differences({"history": same, "bar by bar": more})) == ["close"]
    assert too_far(differences({"history": same, "bar by bar": other})) == ["ema_20"]
    assert too_far(differences({"history": same, "Polars": other})) == []
    assert largest([3.0, 1.0], [3.0 + 2**-51, nan]) == Difference(1.0, 2**-51 / 3, 1, 1)
