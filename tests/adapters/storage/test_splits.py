"""Splits beside the bars: history is a view over both, exact both ways, and nothing stored is rewritten."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.storage.bar_files import BarsRefused
from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split, adjusted, as_traded, factor
from policy.contracts import Bar

OPEN = datetime(2012, 5, 30, 13, 30, tzinfo=UTC)
LEARNT = datetime(2012, 5, 1, tzinfo=UTC)
PRICES = st.decimals(min_value="0.0001", max_value="99999999", places=4)
SHARES = st.builds(Fraction, st.integers(1, 50), st.integers(1, 50))


def bar(price: str | Decimal = "100", volume: int = 1000, day: int = 0) -> Bar:
    at = OPEN + timedelta(days=day)
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(price))
    return Bar(symbol="AAPL", **prices, volume=volume, opened_at=at, closed_at=at + timedelta(hours=6))


def split(day: date, new: int = 2, old: int = 1, source: str = "exchange") -> Split:
    return Split("AAPL", day, new, old, source, LEARNT)


@given(PRICES, st.integers(0, 10**12), SHARES)
def test_what_was_adjusted_goes_back_to_what_was_traded(
    price: Decimal, volume: int, shares: Fraction
) -> None:
    original = bar(price, volume)
    back = as_traded(adjusted(original, shares), shares)
    assert (back.open, back.high, back.low, back.close) == (price,) * 4
    if shares >= 1:
        assert back == original
    assert abs(back.volume - volume) <= max(Fraction(1, 2), 1 / (2 * shares) + Fraction(1, 2))


@given(PRICES, st.integers(0, 10**9), SHARES)
def test_a_split_changes_counts_and_not_the_worth(price: Decimal, volume: int, shares: Fraction) -> None:
    seen = adjusted(bar(price, volume), shares)
    assert abs(Fraction(seen.close) * shares - Fraction(price)) < Fraction(price) / 10**20
    assert abs(seen.volume - volume * shares) <= Fraction(1, 2)


def test_only_splits_between_the_bar_and_the_day_asked_for_count() -> None:
    splits = [split(date(2012, 6, 1)), split(date(2012, 7, 2), 3, 2)]
    asked = [(date(2012, 5, 31), date(2012, 5, 31)), (date(2012, 5, 31), date(2012, 6, 1))]
    asked += [(date(2012, 6, 1), date(2012, 7, 1)), (date(2012, 5, 31), date(2012, 7, 2))]
    assert [factor(splits, *days) for days in asked] == [1, 2, 1, 3]


def test_a_split_learnt_later_adjusts_history_anew_and_rewrites_no_bar(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    store.add("AAPL", [bar(day=0), bar(day=1), bar("50", 2000, day=2)])
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert store.add_split(split(date(2012, 6, 1))) is True
    seen = store.adjusted("AAPL", date(2012, 6, 30))
    assert [(one.close, one.volume) for one in seen] == [(Decimal(50), 2000)] * 3
    assert [one.close for one in store.adjusted("AAPL", date(2012, 5, 31))] == [100, 100, 50]
    assert [one.close for one in store.between("AAPL")] == [100, 100, 50]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == files


def test_a_split_is_told_once_and_another_ratio_is_refused(tmp_path: Path) -> None:
    store, day = BarStore(tmp_path), date(2012, 6, 1)
    assert (store.add_split(split(day)), store.add_split(split(day, 4, 2))) == (True, False)
    with pytest.raises(BarsRefused, match="AAPL split 2:1 on 2012-06-01 by exchange, not 3:1; keep that"):
        store.add_split(split(day, 3))
    assert store.add_split(split(day, 3), correct=True) is True
    assert [one.ratio for one in store.splits("AAPL")] == [3]


def test_a_split_that_never_was_is_withdrawn_and_stays_on_record(tmp_path: Path) -> None:
    store, day = BarStore(tmp_path), date(2012, 6, 1)
    with pytest.raises(BarsRefused, match="no split of 2012-06-01 that 1:1 could withdraw"):
        store.add_split(split(day, 1), correct=True)
    store.add_split(split(day))
    store.add_split(split(day, 1), correct=True)
    assert store.splits("AAPL") == ()
    assert len((tmp_path / "symbol=AAPL" / "splits.jsonl").read_text().splitlines()) == 2


def test_a_ratio_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="such as 2:1, not 0:1"):
        split(date(2012, 6, 1), 0)


def test_a_jump_that_was_found_true_is_kept_once(tmp_path: Path) -> None:
    store, look = BarStore(tmp_path), Look("AAPL", date(2000, 9, 29), Decimal("25.75"), "a warning", LEARNT)
    assert (store.add_look(look), store.add_look(look)) == (True, False)
    assert store.looks("AAPL") == (look,)


def test_notes_that_cannot_be_read_are_told_with_their_line(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    store.add_split(split(date(2012, 6, 1)))
    path = tmp_path / "symbol=AAPL" / "splits.jsonl"
    path.write_text(path.read_text() + "{half")
    with pytest.raises(BarsRefused, match=r"splits\.jsonl:2 is no JSON; take it from a backup"):
        store.splits("AAPL")
