"""Trading hours: the open belongs to a session, its close does not, half days end early."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.market.blackouts import BlackoutDays, read_blackout_days
from adapters.market.calendar import TradingCalendar

OPEN = datetime(2012, 6, 20, 13, 30, tzinfo=UTC)
CLOSE = datetime(2012, 6, 20, 20, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "trades"),
    [
        (OPEN - INSTANT, False),
        (OPEN, True),
        (CLOSE - INSTANT, True),
        (CLOSE, False),
        (CLOSE + INSTANT, False),
    ],
)
def test_the_market_is_open_from_the_open_until_just_before_the_close(
    calendar: TradingCalendar, at: datetime, trades: bool
) -> None:
    assert calendar.is_open(at) is trades
    assert calendar.close_of(at) == (CLOSE if trades else None)


@pytest.mark.parametrize("day", [date(2012, 7, 4), date(2012, 10, 29), date(2001, 9, 11), date(2012, 6, 23)])
def test_the_market_is_closed_on_holidays_storms_and_weekends(calendar: TradingCalendar, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    assert not calendar.is_open(noon)


def test_the_day_after_thanksgiving_closes_at_one_in_new_york(calendar: TradingCalendar) -> None:
    assert calendar.close_of(datetime(2012, 11, 23, 15, tzinfo=UTC)) == datetime(2012, 11, 23, 18, tzinfo=UTC)
    assert calendar.close_of(datetime(2026, 11, 27, 15, tzinfo=UTC)) == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_sessions_run_across_decades_in_order(calendar: TradingCalendar) -> None:
    days = [session.day for session in calendar.between(date(2009, 12, 30), date(2010, 1, 5))]
    assert days == [date(2009, 12, 30), date(2009, 12, 31), date(2010, 1, 4), date(2010, 1, 5)]


def test_the_first_day_of_a_decade_looks_back_into_the_one_before(
    calendar: TradingCalendar,
) -> None:
    latest = calendar.latest_before(datetime(2010, 1, 1, 15, tzinfo=UTC))
    assert latest is not None
    assert latest.day == date(2009, 12, 31)


def test_the_sample_holds_3270_sessions(calendar: TradingCalendar) -> None:
    assert sum(1 for _ in calendar.between(date(2000, 3, 1), date(2013, 3, 1))) == 3270
    assert sum(1 for _ in calendar.between(date(2012, 5, 18), date(2013, 3, 1))) == 196


@pytest.fixture(scope="module")
def blackouts() -> BlackoutDays:
    return read_blackout_days()


def test_every_year_has_its_eight_scheduled_meetings_and_the_known_surprises(blackouts: BlackoutDays) -> None:
    surprises = {2001: 3, 2007: 2, 2008: 2, 2020: 2}  # in March 2020 three, and one meeting was not held
    for year in range(2000, 2028):
        listed = [day for day in blackouts.days if day.year == year]
        assert len(listed) == 8 + surprises.get(year, 0), year


def test_every_event_day_is_a_session(blackouts: BlackoutDays, calendar: TradingCalendar) -> None:
    sessions = {session.day for session in calendar.between(date(2000, 1, 1), date(2027, 12, 31))}
    assert blackouts.days <= sessions


@pytest.mark.parametrize(
    "day", [date(2012, 8, 1), date(2009, 12, 16), date(2001, 9, 17), date(2012, 6, 20), date(2026, 12, 9)]
)
def test_a_decision_day_is_a_blackout_and_the_days_around_it_are_not(
    blackouts: BlackoutDays, day: date
) -> None:
    around = (day - timedelta(days=1), day, day + timedelta(days=1))
    assert [blackouts.active_on(one) for one in around] == [False, True, False]


def test_nobody_claims_to_know_events_outside_the_covered_years(blackouts: BlackoutDays) -> None:
    assert blackouts.active_on(date(2028, 1, 26)) is None
    assert blackouts.active_on(date(1999, 12, 21)) is None


def test_a_list_with_a_stranger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "days.yaml"
    path.write_text("covers: {from: 2012-01-01, to: 2012-12-31}\nscheduled: [2013-01-30]\nunscheduled: []\n")
    with pytest.raises(ValueError, match=r"days\.yaml lists .*2013, 1, 30.*correct it"):
        read_blackout_days(path)
