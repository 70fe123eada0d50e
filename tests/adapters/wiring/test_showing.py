"""The market's quotes as services apart see them: always the newest, whoever wrote them last."""

import threading
import time
from datetime import date
from functools import partial

import pytest

from adapters.market.steps import Step
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.latest import RedisQuotes, connect_redis
from adapters.wiring.apart.keeping import KeptBoard
from adapters.wiring.inspecting import played_door
from tests.adapters.portfolio.journal import BELL, HOUR, quote
from tests.policy.parts import StillClock


class Slow(RedisQuotes):
    """Its first write takes its time, as on a busy machine; ``begun`` is set when it is under way."""

    def __init__(self, redis):
        super().__init__(redis)
        self.begun = threading.Event()

    def put(self, quotes):
        if not self.begun.is_set():
            self.begun.set()
            time.sleep(0.3)
        super().put(quotes)


class Published(list):
    def publish(self, events):
        self.extend(events)


@pytest.fixture
def store(sqlite_url):
    engine = open_store(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def redis(redis_url):
    client = connect_redis(redis_url)
    yield client
    client.close()


def board_of(store, quotes, publisher, recording):
    """A board as the market service has it, its door on the recording's bars."""
    door = partial(played_door, Settings(), store, StillClock(BELL), recording)
    return KeptBoard(store, quotes, publisher, door)


def step_at(hour, mid):
    at = BELL + hour * HOUR
    return Step(at=at, moment="midday", session=date(2012, 6, 18), quotes=(quote("IBM", mid, at),))


def test_quotes_that_are_written_again_never_replace_newer_ones(store, redis, recording):
    board_of(store, RedisQuotes(redis), Published(), recording).show(step_at(0, "200.00"))
    board = board_of(store, slow := Slow(redis), Published(), recording)
    healing = threading.Thread(target=board.put_again)
    healing.start()
    assert slow.begun.wait(5)
    later = step_at(1, "190.00")
    board.show(later)
    healing.join()
    assert slow.latest("IBM") == later.quotes[0]


def test_a_late_question_for_an_older_step_shows_nothing(store, redis, recording):
    published = Published()
    board = board_of(store, RedisQuotes(redis), published, recording)
    first, second = step_at(0, "200.00"), step_at(1, "190.00")
    assert (board.show(first), board.show(second), board.show(second)) == (1, 1, 1)
    told = len(published)
    assert board.show(first) == 0
    assert board_of(store, RedisQuotes(redis), published, recording).show(first) == 0
    assert RedisQuotes(redis).latest("IBM") == second.quotes[0]
    assert len(published) == told


def test_a_quote_that_jumps_is_shown_to_nobody_also_when_the_step_is_asked_again(store, redis, recording):
    published = Published()
    board = board_of(store, RedisQuotes(redis), published, recording)
    sound, jump = step_at(0, "200.00"), step_at(1, "90.00")
    assert (board.show(sound), board.show(jump), board.show(jump)) == (1, 0, 0)
    assert RedisQuotes(redis).latest("IBM") == sound.quotes[0]
    assert [event.time for event in published] == [sound.at]
    again = board_of(store, RedisQuotes(redis), published, recording)
    assert again.refused.quotes == {"IBM"}
    assert again.show(jump) == 0
    assert [case.times for case in again.door.intake.quarantine.cases()] == [1]
