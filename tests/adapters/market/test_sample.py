"""The shipped bars: complete, exact, and free of crashes that were only splits."""

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.market.calendar import TradingCalendar
from adapters.market.convert_sample import read_source, write_parquet
from adapters.market.sample import SAMPLE, TradedBar, load_bars, read_traded_bars, with_twin
from policy.contracts import Bar

SPLIT_DAYS = [("AAPL", date(2000, 6, 21)), ("AAPL", date(2005, 2, 28)), ("MSFT", date(2003, 2, 18))]
PROFIT_WARNING = ("AAPL", date(2000, 9, 29))
Bars = Mapping[str, tuple[Bar, ...]]


@pytest.fixture(scope="module")
def traded() -> tuple[TradedBar, ...]:
    return read_traded_bars()


def test_every_bar_of_the_source_is_there(traded: tuple[TradedBar, ...]) -> None:
    counts = Counter(bar.symbol for bar in traded)
    assert counts == {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}
    assert len(traded) == 12_154


def test_the_note_of_origin_names_the_file_as_it_is() -> None:
    note = SAMPLE.with_suffix(".md").read_text(encoding="utf-8")
    stated = re.search(r"sha256 of the Parquet file: ([0-9a-f]{64})", note)
    assert stated is not None
    assert stated.group(1) == sha256(SAMPLE.read_bytes()).hexdigest()


def test_adjusted_times_factor_is_exactly_what_was_traded(traded: tuple[TradedBar, ...], bars: Bars) -> None:
    played = {(bar.symbol, bar.opened_at.date()): bar for series in bars.values() for bar in series}
    for row in traded:
        bar = played[row.symbol, row.session]
        prices = (bar.open, bar.high, bar.low, bar.close)
        assert tuple(price * row.split_factor for price in prices) == (row.open, row.high, row.low, row.close)
        assert bar.volume == row.volume * row.split_factor


@pytest.mark.parametrize(("symbol", "day"), SPLIT_DAYS)
def test_a_split_halves_the_traded_price_and_leaves_the_played_one(
    symbol: str, day: date, traded: tuple[TradedBar, ...], bars: Bars
) -> None:
    rows = [row for row in traded if row.symbol == symbol]
    at = next(index for index, row in enumerate(rows) if row.session == day)
    assert rows[at - 1].split_factor == 2 * rows[at].split_factor
    assert rows[at].close / rows[at - 1].close < Decimal("0.6")
    assert abs(_day_return(bars[symbol], day)) < 0.12


def test_no_played_bar_falls_like_a_split_but_the_one_real_crash(bars: Bars) -> None:
    crashes = {
        (symbol, bar.opened_at.date())
        for symbol, series in bars.items()
        for before, bar in pairwise(series)
        if bar.close / before.close < Decimal("0.75")
    }
    assert crashes == {PROFIT_WARNING}


def test_every_session_between_first_and_last_has_a_bar(bars: Bars, calendar: TradingCalendar) -> None:
    for series in bars.values():
        sessions = calendar.between(series[0].opened_at.date(), series[-1].opened_at.date())
        assert [(s.opens, s.closes) for s in sessions] == [(bar.opened_at, bar.closed_at) for bar in series]


def test_high_and_low_hold_open_and_close(bars: Bars) -> None:
    for bar in (bar for series in bars.values() for bar in series):
        assert 0 < bar.low <= min(bar.open, bar.close)
        assert bar.high >= max(bar.open, bar.close)
        assert bar.volume > 0


def test_a_bar_on_a_day_without_a_session_is_refused(tmp_path: Path, calendar: TradingCalendar) -> None:
    row = {"session": date(2012, 7, 4), "symbol": "AAPL", "volume": 1, "split_factor": 1}
    prices = dict.fromkeys(("open", "high", "low", "close", "source_adjusted_close"), Decimal(1))
    write_parquet([row | prices], tmp_path / "bars.parquet")
    with pytest.raises(ValueError, match="AAPL has a bar on 2012-07-04, when XNYS did not trade"):
        load_bars(calendar, tmp_path / "bars.parquet")


def test_the_conversion_keeps_prices_exact_and_marks_splits(tmp_path: Path) -> None:
    lines = [
        "Ticker,Date,Open,High,Low,Close,Volume,Adj Close",
        "MSFT,2003-02-18,24.62,25.1,24.5,24.96,57415500,16.1",
        "MSFT,2003-02-14,47.25,48.5,46.77,48.3,45095800,15.5780123456",
    ]
    source, target = tmp_path / "stocks.csv.gz", tmp_path / "bars.parquet"
    source.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert write_parquet(read_source(source), target) == 2
    first, second = read_traded_bars(target)
    assert (first.session, first.split_factor, first.close) == (date(2003, 2, 14), 2, Decimal("48.3"))
    assert (second.session, second.split_factor, second.open) == (date(2003, 2, 18), 1, Decimal("24.62"))


def test_a_twin_trades_exactly_as_its_model_under_its_own_name(bars: Bars) -> None:
    twinned = with_twin(bars, "UNLISTED", "IBM")
    assert {bar.symbol for bar in twinned["UNLISTED"]} == {"UNLISTED"}
    assert [bar.close for bar in twinned["UNLISTED"]] == [bar.close for bar in bars["IBM"]]
    assert "UNLISTED" not in bars


def _day_return(series: tuple[Bar, ...], day: date) -> float:
    at = next(index for index, bar in enumerate(series) if bar.opened_at.date() == day)
    return float(series[at].close / series[at - 1].close - 1)
