"""The market's quotes as services apart see them: always the newest, whoever wrote them last."""

import threading
import time
from datetime import date

import pytest

from adapters.market.steps import Step
from adapters.storage.database import open_store
from adapters.storage.latest import RedisQuotes, connect_redis
from adapters.wiring.apart.keeping import KeptBoard
from tests.adapters.portfolio.journal import BELL, HOUR, quote


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


def step_at(hour, mid):
    at = BELL + hour * HOUR
    return Step(at=at, moment="midday", session=date(2012, 6, 18), quotes=(quote("IBM", mid, at),))


def test_quotes_that_are_written_again_never_replace_newer_ones(store, redis):
    KeptBoard(store, RedisQuotes(redis), Published()).show(step_at(0, "100.00"))
    board = KeptBoard(store, slow := Slow(redis), Published())
    healing = threading.Thread(target=board.put_again)
    healing.start()
    assert slow.begun.wait(5)
    later = step_at(1, "90.00")
    board.show(later)
    healing.join()
    assert slow.latest("IBM") == later.quotes[0]


def test_a_late_question_for_an_older_step_shows_nothing(store, redis):
    published = Published()
    board = KeptBoard(store, RedisQuotes(redis), published)
    first, second = step_at(0, "100.00"), step_at(1, "90.00")
    assert (board.show(first), board.show(second), board.show(second)) == (1, 1, 1)
    told = len(published)
    assert board.show(first) == 0
    assert KeptBoard(store, RedisQuotes(redis), published).show(first) == 0
    assert RedisQuotes(redis).latest("IBM") == second.quotes[0]
    assert len(published) == told
