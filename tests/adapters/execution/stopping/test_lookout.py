"""In real time a trip is noticed soon, obeyed until it is quiet, and looked at rarely once it is."""

import threading
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from adapters.execution.service import Execution
from adapters.execution.stopping.heartbeats import Heartbeats
from adapters.execution.stopping.lookout import LOOK_SECONDS, Follower, Lookout
from adapters.execution.stopping.obeying import Obeyed
from adapters.market.player import Player, PlayerClock
from adapters.wiring.between_steps import BetweenSteps
from policy.stops.scope import EVERYTHING
from tests.adapters.execution.controls.attempts import narrow
from tests.adapters.execution.parts import TradingHouse
from tests.policy.parts import StillClock


class Scripted:
    """A house whose stops and whose broker's patience a test decides; counts how often it obeys."""

    def __init__(self):
        self.standing = ()
        self.left = 0
        self.obeyed = 0

    def stops_standing(self):
        return self.standing

    def obey(self):
        self.obeyed += 1
        return Obeyed(asked=0, left=self.left)


@pytest.fixture
def scripted():
    return Scripted()


def turns(scripted, follower, seconds):
    """How often it obeys in so many seconds of looks."""
    before = scripted.obeyed
    for _ in range(round(seconds / LOOK_SECONDS)):
        follower.time += LOOK_SECONDS
        follower.turn()
    return scripted.obeyed - before


@pytest.fixture
def follower(scripted):
    made = Follower(scripted, now=lambda: made.time)
    made.time = 100.0
    return made


def test_without_a_stop_nothing_is_done(scripted, follower):
    assert turns(scripted, follower, 10) == 0


def test_a_trip_is_obeyed_at_the_next_look(scripted, follower):
    scripted.standing = (7,)
    assert turns(scripted, follower, LOOK_SECONDS) == 1


def test_what_is_not_quiet_is_asked_again_soon_and_then_less_and_less_often(scripted, follower):
    scripted.standing, scripted.left = (7,), 1
    assert 3 <= turns(scripted, follower, 2) <= 6
    assert 1 <= turns(scripted, follower, 30) <= 8


def test_another_trip_is_noticed_whatever_pause_there_is(scripted, follower):
    scripted.standing, scripted.left = (7,), 1
    turns(scripted, follower, 30)
    scripted.standing = (7, 8)
    assert turns(scripted, follower, LOOK_SECONDS) == 1


def test_once_it_is_quiet_it_is_looked_after_every_second(scripted, follower):
    scripted.standing = (7,)
    assert 8 <= turns(scripted, follower, 10) <= 12


def test_re_arming_is_noticed_so_that_the_record_ends(scripted, follower):
    scripted.standing = (7,)
    turns(scripted, follower, 1)
    scripted.standing = ()
    assert turns(scripted, follower, 5) == 1


def test_a_look_that_fails_is_not_the_last(scripted):
    looks = threading.Event()

    def fail():
        if scripted.obeyed:
            looks.set()
        scripted.obeyed += 1
        raise ConnectionError("away")

    scripted.stops_standing = fail
    scripted.watch = lambda: None
    lookout = Lookout(scripted)
    lookout.start()
    try:
        assert looks.wait(5)
    finally:
        lookout.stop()


def test_what_keeps_it_from_looking_is_told_once(scripted):
    looks = threading.Event()

    def fail():
        scripted.obeyed += 1
        if scripted.obeyed == 4:
            looks.set()
        raise ConnectionError("away")

    scripted.stops_standing = fail
    scripted.watch = lambda: None
    lookout = Lookout(scripted)
    with capture_logs() as logged:
        lookout.start()
        assert looks.wait(5)
        lookout.stop()
    assert [told["event"] for told in logged] == ["the lookout could not look; it looks again"]


def test_that_a_component_fell_silent_is_told_once_and_that_it_is_back():
    answers = iter([True, False, False, False, True, True])

    def pulse():
        if not next(answers):
            raise ConnectionError("away")

    heart = Heartbeats({"portfolio": pulse}, StillClock())
    with capture_logs() as logged:
        for _ in range(6):
            heart.listen()
    assert [told["event"] for told in logged] == [
        "a component has no pulse",
        "a component has a pulse again",
    ]


def test_a_lookout_that_was_never_started_stops(scripted):
    scripted.watch = lambda: None
    Lookout(scripted).stop()


def test_a_house_that_stands_still_is_watched_and_obeys_without_a_step(house: TradingHouse):
    house.hold(1, "IBM", 10)
    adding = house.order(2, symbol="MSFT")
    narrow(house, daily_loss=Decimal(100))
    account = house.portfolio.account
    house.portfolio._account = replace(account, marks=account.marks | {"IBM": Decimal(1)})
    house.execution = Execution(house.parts)  # a new process, which no step has guarded yet
    player = Player(iter(()), lambda _: None, PlayerClock(house.clock.now()))
    lookout = Lookout(BetweenSteps(house.execution, player))
    began = time.monotonic()
    lookout.start()
    try:
        while house.state(adding) != "CANCELLED":
            assert time.monotonic() - began < 10
            time.sleep(0.02)
    finally:
        lookout.stop()
    assert house.parts.stops.in_force().at(EVERYTHING).cause == "daily-loss"
