"""A session's bar is built from its minutes and closes once, whatever is restarted when."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from adapters.market.closing.session_bars import Closed, SessionBars
from adapters.market.closing.tables import session_minutes
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.outcome import Fault
from adapters.storage import bars as storage
from adapters.storage.bars import BarStore
from adapters.storage.database import open_store
from policy.contracts import Bar
from policy.store import reading
from policy.tables import outbox
from tests.adapters.market.closing import (
    CALENDAR,
    FULL_DAY,
    HALF_DAY,
    SetClock,
    day_of_minutes,
    minute,
    session_of,
)

FULL, HALF = session_of(FULL_DAY), session_of(HALF_DAY)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = open_store(request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


@pytest.fixture
def files(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path / "bars")


def started(store: Engine, files: BarStore, at: datetime) -> SessionBars:
    """As a process that has just started at ``at`` has them."""
    inspection = Inspection(["AAPL", "MSFT"], CALENDAR)
    return SessionBars(store, files, CALENDAR, SetClock(at), inspection.bar)


def told(store: Engine) -> list[dict[str, object]]:
    with reading(store) as connection:
        return [json.loads(row.data) for row in connection.execute(select(outbox).order_by(outbox.c.seq))]


@pytest.mark.parametrize("session", [FULL, HALF], ids=["full day", "half day"])
def test_the_bar_of_a_session_is_all_of_its_minutes(store: Engine, files: BarStore, session) -> None:
    minutes = day_of_minutes(session)
    bars = started(store, files, session.closes)
    assert bars.take_all(minutes) == [None] * len(minutes)
    last = Decimal("50.00") + Decimal("0.01") * (len(minutes) - 1)
    expected = Bar(
        symbol="AAPL",
        open=Decimal("50.00"),
        high=last + 1,
        low=Decimal("49.00"),
        close=last + Decimal("0.01"),
        volume=100 * len(minutes),
        opened_at=session.opens,
        closed_at=session.closes,
    )
    assert bars.close(session) == Closed((expected,))
    assert files.between("AAPL") == (expected,)
    assert told(store) == [expected.model_dump(mode="json")]


def test_no_bar_closes_before_its_session_ends(store: Engine, files: BarStore) -> None:
    bars = started(store, files, HALF.closes - timedelta(seconds=1))
    bars.take_all(day_of_minutes(HALF)[:3])
    with pytest.raises(ValueError, match=r"closes at 2012-07-03T17:00:00\+00:00, not yet"):
        bars.close(HALF)
    assert (told(store), files.symbols()) == ([], ())


def test_a_bar_closes_once_however_often_it_is_asked_for(store: Engine, files: BarStore) -> None:
    started(store, files, FULL.closes).take_all(day_of_minutes(FULL))
    outcomes = [started(store, files, FULL.closes).close(FULL) for _ in range(3)]
    assert [len(outcome.bars) for outcome in outcomes] == [1, 0, 0]
    assert (len(told(store)), len(files.between("AAPL"))) == (1, 1)


def test_a_restart_in_the_middle_of_a_session_goes_on_with_its_minutes(
    store: Engine, files: BarStore
) -> None:
    minutes = day_of_minutes(FULL)
    whole = started(store, files, FULL.closes)
    for raw in minutes[:5]:
        whole.take(raw)
    again = started(store, files, FULL.closes)
    assert again.wanted_from(minutes[5].session, ["AAPL"]) == minutes[4].session
    again.take_all(minutes[3:])  # what is told twice counts once
    assert again.close(FULL).bars[0].volume == 100 * len(minutes)


def test_minutes_are_wanted_from_the_open_where_none_is_there(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.opens)
    assert bars.wanted_from(FULL.opens + timedelta(hours=2), ["AAPL"]) == FULL.opens
    assert bars.wanted_from(FULL.closes, ["AAPL"]) is None


def test_minutes_are_wanted_from_where_the_first_symbol_fell_silent(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.closes)
    ours, theirs = day_of_minutes(FULL), day_of_minutes(FULL, "IBM")
    bars.take_all([*ours[:5], *theirs[:3]])
    assert bars.wanted_from(ours[5].session, ["AAPL", "IBM"]) == theirs[2].session
    assert bars.wanted_from(ours[5].session, ["AAPL", "IBM", "MSFT"]) == FULL.opens


def test_a_crash_before_the_bar_is_filed_loses_and_doubles_nothing(
    store: Engine, files: BarStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    bars = started(store, files, FULL.closes)
    bars.take_all(day_of_minutes(FULL))
    with monkeypatch.context() as broken:
        broken.setattr(storage, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            bars.close(FULL)
    assert files.between("AAPL") == ()
    again = started(store, files, FULL.closes)
    assert again.close(FULL).bars == ()
    assert (len(files.between("AAPL")), len(told(store))) == (1, 1)


def test_a_minute_after_the_close_is_late_and_changes_nothing(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.closes)
    bars.take_all(day_of_minutes(FULL))
    closed = bars.close(FULL).bars[0]
    late = bars.take(minute(FULL.closes - timedelta(minutes=2), "70"))
    assert (late.fault, late.symbol) == (Fault.LATE, "AAPL")
    assert "2012-06-04T19:58:00+00:00 came after the bar of 2012-06-04 had closed" in late.text
    assert bars.close(FULL) == Closed()
    assert files.between("AAPL") == (closed,)


def test_a_minute_told_again_before_the_close_counts_as_told_last(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.closes)
    bars.take(minute(FULL.opens, "50", volume=100))
    bars.take(minute(FULL.opens, "50", volume=700))
    assert bars.close(FULL).bars[0].volume == 700


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (minute(FULL.opens, "50", symbol="?"), Fault.UNREADABLE),
        (minute(FULL.opens + timedelta(seconds=30), "50"), Fault.UNREADABLE),
        (minute(FULL.opens, "50", session="2012-06-04T13:30"), Fault.NAIVE_TIME),
        (minute(FULL.opens, "50", session=FULL.opens + timedelta(minutes=1)), Fault.FROM_THE_FUTURE),
        (minute(FULL.opens - timedelta(minutes=1), "50"), Fault.NOT_A_SESSION),
        (minute(HALF.closes, "50"), Fault.NOT_A_SESSION),
        (minute(FULL.opens, "50", high=Decimal(49)), Fault.CROSSED),
        (minute(FULL.opens, "50", low=Decimal("NaN")), Fault.NOT_FINITE),
        (minute(FULL.opens, "50", volume=-1), Fault.NOT_POSITIVE),
    ],
)  # fmt: skip
def test_what_is_no_minute_is_put_aside(sqlite_url: str, files: BarStore, raw, fault) -> None:
    engine = open_store(sqlite_url)
    bars = started(engine, files, FULL.closes)
    assert bars.take(raw).fault is fault
    assert bars.close(FULL) == Closed()
    engine.dispose()


def test_a_bar_that_jumps_is_not_stored_and_not_told(store: Engine, files: BarStore) -> None:
    inspection = Inspection(["AAPL"], CALENDAR)
    before = minute(FULL.opens, "50")
    bars = SessionBars(store, files, CALENDAR, SetClock(FULL.closes), inspection.bar)
    bars.take(before)
    day_before = session_of(date(2012, 6, 1))
    known = {"symbol": "AAPL", "volume": 1, "opened_at": day_before.opens, "closed_at": day_before.closes}
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(100))
    inspection.recall(bars=[Bar(**known, **prices)])
    outcome = bars.close(FULL)
    assert (outcome.bars, [one.fault for one in outcome.quarantined]) == ((), [Fault.JUMP])
    assert (told(store), files.symbols()) == ([], ())


def test_a_session_with_a_hole_closes_no_bar_out_of_what_is_left(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.closes)
    bars.take_all(day_of_minutes(FULL)[4:])
    bars.missed(FULL.day, "the source was away until noon")
    bars.missed(FULL.day, "and once more")
    assert started(store, files, FULL.closes).close(FULL) == Closed()
    assert (told(store), files.symbols()) == ([], ())


def test_a_bar_that_back_fill_had_first_stays(store: Engine, files: BarStore) -> None:
    bars = started(store, files, FULL.closes)
    bars.take_all(day_of_minutes(FULL))
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(50))
    there = Bar(symbol="AAPL", volume=9, opened_at=FULL.opens, closed_at=FULL.closes, **prices)
    files.add("AAPL", [there])
    assert bars.close(FULL) == Closed()
    assert files.between("AAPL") == (there,)


def test_minutes_of_sessions_that_are_over_are_dropped_at_the_next_close(
    store: Engine, files: BarStore
) -> None:
    bars = started(store, files, HALF.closes)
    bars.take_all(day_of_minutes(FULL))
    bars.close(FULL)
    bars.take_all(day_of_minutes(HALF))
    bars.close(HALF)
    with reading(store) as connection:
        days = set(connection.execute(select(session_minutes.c.session)).scalars())
    assert days == {HALF.day}
