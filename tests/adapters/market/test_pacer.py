"""A live house takes each step when its time has come, once, with what was quoted by then."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from adapters.market.calendar import TradingCalendar
from adapters.market.closing.minutes import Minute
from adapters.market.live_bars import ROUND_LOT, MinuteVolumes
from adapters.market.live_board import LiveBoard
from adapters.market.pacer import GRACE, Pacer
from adapters.market.schedule import next_after, steps_of
from policy.contracts import Quote
from tests.policy.parts import StillClock

CALENDAR = TradingCalendar()
[FULL] = CALENDAR.between(date(2012, 6, 5), date(2012, 6, 5))
[HALF] = CALENDAR.between(date(2012, 7, 3), date(2012, 7, 3))
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def quote(at, bid="100", symbol="IBM"):
    return Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(bid) + Decimal("0.02"), at=at)


class Noted:
    """Duties that remember what they were asked, and fail where told to."""

    def __init__(self):
        self.steps, self.glances, self.idled, self.fails = [], [], [], 0

    def step(self, step):
        if self.fails:
            self.fails -= 1
            raise RuntimeError("not now")
        self.steps.append(step)

    def glance(self, at, session):
        self.glances.append(at)

    def idle(self, at):
        self.idled.append(at)

    @property
    def moments(self):
        return [step.moment for step in self.steps]


class House:
    def __init__(self, start, after=None):
        self.clock, self.board, self.did = StillClock(start), LiveBoard(), Noted()
        self.pacer = Pacer(CALENDAR, self.board, self.clock, self.did, after or start)

    def at(self, time):
        self.clock.time = time
        self.wait = self.pacer.turn()
        return self.did


@pytest.fixture
def house():
    return House(FULL.opens - MINUTE)


@pytest.mark.parametrize(("session", "count"), [(FULL, 393), (HALF, 213)])
def test_a_session_has_its_moments_and_a_tick_at_every_minute_between(session, count):
    steps = steps_of(session)
    names = [one.moment for one in steps if one.moment != "tick"]
    assert names == ["open", "morning", "midday", "afternoon", "late", "close"]
    assert steps[-1].at == session.closes
    assert len(steps) == count
    assert all(one.at < two.at <= one.at + MINUTE for one, two in pairwise(steps))


def test_after_the_close_comes_the_open_of_the_next_session():
    due = next_after(CALENDAR, FULL.closes)
    assert (due.moment, due.session) == ("open", date(2012, 6, 6))


def test_a_step_is_taken_once_and_only_when_its_time_has_come(house):
    opening = FULL.opens + 30 * SECOND
    assert house.at(opening - SECOND).moments == []
    assert house.at(opening).moments == ["open"]
    assert house.at(opening + SECOND).moments == ["open"]
    assert house.did.steps[0].at == opening
    assert house.at(FULL.opens + MINUTE).moments == ["open", "tick"]


def test_a_step_has_the_quotes_of_its_time_and_not_those_that_came_since(house):
    opening = FULL.opens + 30 * SECOND
    house.board.put([quote(opening - SECOND)])
    house.board.put([quote(opening + SECOND, "101")])
    [step] = house.at(opening + 2 * SECOND).steps
    assert step.quotes == (quote(opening - SECOND),)
    assert house.board.latest("IBM").bid == 101
    assert house.board.as_of("IBM", opening).bid == 100
    assert house.board.as_of("IBM", opening - MINUTE) is None


def test_a_quote_is_told_in_one_step_alone(house):
    house.board.put([quote(FULL.opens + SECOND)])
    house.at(FULL.opens + 30 * SECOND)
    house.board.put([quote(FULL.opens + 40 * SECOND, symbol="MSFT")])
    told = [[one.symbol for one in step.quotes] for step in house.at(FULL.opens + MINUTE).steps]
    assert told == [["IBM"], ["MSFT"]]


def test_a_step_that_fails_is_tried_again_with_the_same_quotes(house):
    house.board.put([quote(FULL.opens + SECOND)])
    house.did.fails = 2
    for seconds in (30, 31):
        assert house.at(FULL.opens + seconds * SECOND).moments == []
        assert house.pacer.status.state == "failing"
        assert house.wait == 1.0
    [step] = house.at(FULL.opens + 32 * SECOND).steps
    assert (step.at, len(step.quotes)) == (FULL.opens + 30 * SECOND, 1)
    assert house.pacer.status.error is None


def test_a_step_that_hangs_is_seen_by_when_the_house_last_came_round(house):
    house.at(FULL.opens)
    seen = []
    house.did.step = lambda step: (house.clock.pass_by(minutes=2), seen.append(house.pacer.status.looked_at))
    house.at(FULL.opens + 30 * SECOND)
    assert seen[0] == FULL.opens
    assert house.pacer.status.looked_at == house.clock.time > FULL.opens + MINUTE


def test_a_moment_that_nobody_took_in_time_is_passed_over(house):
    midday = FULL.opens + timedelta(minutes=195)
    assert house.at(midday + GRACE + SECOND).moments == []
    assert house.at(midday + MINUTE).moments == ["tick"]


def test_a_close_is_taken_however_late_by_a_house_that_was_in_the_session():
    house = House(FULL.closes + timedelta(hours=26), after=FULL.opens + MINUTE)
    assert house.at(house.clock.time).moments[0] == "close"
    assert [step.session for step in house.did.steps] == [FULL.day]


def test_a_close_of_a_session_that_the_house_never_saw_is_none_of_its_business():
    house = House(FULL.closes + timedelta(hours=2), after=FULL.opens - timedelta(hours=2))
    assert house.at(house.clock.time).moments == []


def test_between_steps_the_book_is_looked_at_and_outside_sessions_the_house_is_idle(house):
    assert house.did.glances == []
    house.at(FULL.opens + 5 * SECOND)
    assert (house.did.glances, house.pacer.has_settled_in(house.clock.time)) == ([house.clock.time], False)
    house.at(FULL.opens + 31 * SECOND)
    assert house.pacer.has_settled_in(house.clock.time)
    house.at(FULL.closes + SECOND)
    assert house.did.idled == [house.clock.time]
    assert house.pacer.has_settled_in(house.clock.time)
    assert not house.pacer.has_settled_in(FULL.opens + timedelta(days=1))


def test_a_house_that_starts_again_has_not_settled_until_it_has_looked():
    house = House(FULL.opens + timedelta(hours=2), after=FULL.opens + timedelta(hours=1))
    assert not house.pacer.has_settled_in(house.clock.time)
    house.at(house.clock.time + SECOND)
    assert house.pacer.has_settled_in(house.clock.time)


def test_a_board_takes_no_older_quote_and_goes_on_from_its_state():
    board = LiveBoard()
    board.put([quote(FULL.opens + SECOND), quote(FULL.opens, "99")])
    assert LiveBoard.from_state(board.to_state()).all() == board.all() == (quote(FULL.opens + SECOND),)


def test_what_can_be_traded_is_the_newest_minutes_volume_or_a_round_lot():
    clock = StillClock(FULL.opens + 3 * MINUTE)
    volumes = MinuteVolumes(clock)
    assert volumes("IBM", FULL.day, "tick") == ROUND_LOT
    for number, shares in enumerate((700, 900)):
        at = FULL.opens + number * MINUTE
        price = Decimal(100)
        volumes.put(Minute("IBM", at, price, price, price, price, shares, "alpaca"))
    assert volumes("IBM", FULL.day, "tick") == 900
    clock.pass_by(minutes=10)
    assert volumes("IBM", FULL.day, "tick") == ROUND_LOT
