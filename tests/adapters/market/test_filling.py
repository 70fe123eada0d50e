"""Missing bars are asked for and filled in, in order; what cannot be had stays a gap that is known."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.market.closing.filling import backfill
from adapters.market.gaps import stored_gaps, unbroken
from adapters.market.inspection.outcome import Fault
from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split
from tests.adapters.market.closing import CALENDAR, History, daily, session_of

DAYS = [one.day for one in CALENDAR.between(date(2012, 6, 25), date(2012, 7, 10))]  # with a half day in it
LATER = datetime(2026, 1, 1, tzinfo=UTC)


def rows(symbol: str = "AAPL", days: Sequence[date] = tuple(DAYS)) -> list:
    return [daily(day, f"{50 + number}", symbol) for number, day in enumerate(days)]


def days_in(store: BarStore, symbol: str = "AAPL") -> list[date]:
    return [bar.opened_at.date() for bar in store.between(symbol)]


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    """A store that has the third and fourth and the seventh of the days."""
    bars = BarStore(tmp_path / "bars")
    some = [DAYS[2], DAYS[3], DAYS[6]]
    source = History([row for row in rows() if row.session in some])
    for day in some:
        backfill(source, bars, CALENDAR, ["AAPL"], day, history=day - day)
    assert days_in(bars) == some
    return bars


def test_gaps_and_what_came_since_are_filled_in_order_and_asked_for_once(store: BarStore) -> None:
    source = History(rows())
    filled = backfill(source, store, CALENDAR, ["AAPL"], DAYS[9])[0]
    assert [bar.opened_at.date() for bar in filled.added] == [DAYS[at] for at in (4, 5, 7, 8, 9)]
    assert (filled.missing, filled.quarantined, filled.reason) == ((), (), None)
    assert days_in(store) == DAYS[2:10]
    assert source.asked == [("AAPL", DAYS[4], DAYS[9])]
    assert backfill(source, store, CALENDAR, ["AAPL"], DAYS[9])[0].added == ()
    assert len(source.asked) == 1


def test_a_bar_of_a_half_day_closes_at_its_early_end(tmp_path: Path) -> None:
    store, half = BarStore(tmp_path), date(2012, 7, 3)
    backfill(History(rows()), store, CALENDAR, ["AAPL"], DAYS[-1], history=DAYS[-1] - DAYS[0])
    bar = next(bar for bar in store.between("AAPL") if bar.opened_at.date() == half)
    assert bar.closed_at == session_of(half).closes == datetime(2012, 7, 3, 17, tzinfo=UTC)


def test_a_source_that_is_away_leaves_the_gap_known_and_the_others_filled(store: BarStore) -> None:
    source = History([*rows(), *rows("MSFT")], away=frozenset({"AAPL"}))
    away, there = backfill(source, store, CALENDAR, ["AAPL", "MSFT"], DAYS[7], history=DAYS[7] - DAYS[0])
    assert (away.missing, away.reason) == ((DAYS[4], DAYS[5], DAYS[7]), "history does not answer")
    assert [gap.session.day for gap in stored_gaps(store, CALENDAR)] == [DAYS[4], DAYS[5]]
    assert len(there.added) == 8
    whole = store.between("AAPL")
    assert unbroken(whole, CALENDAR) == whole[-1:]  # nothing of before the gap is any use after it


def test_a_bar_that_is_not_let_in_stays_a_gap(store: BarStore) -> None:
    wild = daily(DAYS[5], "500")
    source = History([wild if row.session == DAYS[5] else row for row in rows()])
    filled = backfill(source, store, CALENDAR, ["AAPL"], DAYS[8])[0]
    assert [one.fault for one in filled.quarantined] == [Fault.JUMP]
    assert filled.missing == (DAYS[5],)
    assert days_in(store) == [day for day in DAYS[2:9] if day != DAYS[5]]


def test_a_split_on_record_is_no_jump(store: BarStore) -> None:
    source = History([row if row.session < DAYS[8] else daily(row.session, "29") for row in rows()])
    refused = backfill(source, store, CALENDAR, ["AAPL"], DAYS[8])[0]
    assert [one.fault for one in refused.quarantined] == [Fault.JUMP]
    store.add_split(Split("AAPL", DAYS[8], 2, 1, "exchange", LATER))
    assert backfill(source, store, CALENDAR, ["AAPL"], DAYS[9])[0].missing == ()
    assert store.adjusted("AAPL", DAYS[9])[0].close == Decimal(26)


def test_a_jump_that_was_found_true_is_filled_in(store: BarStore) -> None:
    source = History([row if row.session < DAYS[8] else daily(row.session, "20") for row in rows()])
    store.add_look(Look("AAPL", DAYS[8], Decimal(20), "a profit warning", LATER))
    assert backfill(source, store, CALENDAR, ["AAPL"], DAYS[9])[0].missing == ()


def test_how_far_is_too_far_can_be_set(store: BarStore) -> None:
    source = History([row if row.session < DAYS[8] else daily(row.session, "29") for row in rows()])
    assert backfill(source, store, CALENDAR, ["AAPL"], DAYS[9], jump=Decimal("0.6"))[0].missing == ()


def test_what_is_no_day_is_put_aside_with_its_reason(store: BarStore) -> None:
    class Odd(History):
        def bars(self, symbol: str, first: date, last: date) -> list:
            return [daily(DAYS[4], "54", session="soon"), *super().bars(symbol, first, last)]

    filled = backfill(Odd(rows()), store, CALENDAR, ["AAPL"], DAYS[8])[0]
    assert ([one.fault for one in filled.quarantined], filled.missing) == ([Fault.UNREADABLE], ())


def test_a_price_with_more_places_than_are_kept_is_put_aside_and_the_others_stored(store: BarStore) -> None:
    fine = daily(DAYS[5], "55.000000001")
    source = History([fine if row.session == DAYS[5] else row for row in rows()])
    filled = backfill(source, store, CALENDAR, ["AAPL"], DAYS[8])[0]
    assert [(one.fault, one.raw.session) for one in filled.quarantined] == [(Fault.UNREADABLE, DAYS[5])]
    assert (filled.missing, days_in(store)) == ((DAYS[5],), [day for day in DAYS[2:9] if day != DAYS[5]])
