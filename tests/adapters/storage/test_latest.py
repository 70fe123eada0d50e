"""Quotes and time that all processes read: promises of one process and of Redis, and what Redis forgets."""

import time
from datetime import timedelta

import pytest

from adapters.market.board import QuoteBoard
from adapters.storage.latest import RedisQuotes, SharedTime, TimeTeller, connect_redis, repeated
from policy.ports import Unanswered
from tests.adapters.portfolio.journal import BELL, quote

LATER = BELL + timedelta(hours=1, microseconds=7)


@pytest.fixture
def redis(redis_url):
    client = connect_redis(redis_url)
    yield client
    client.close()


@pytest.fixture(params=["in one process", "in Redis"])
def quotes(request):
    """The latest quotes of an empty market."""
    if request.param == "in one process":
        return QuoteBoard()
    shared = RedisQuotes(request.getfixturevalue("redis"))
    shared.put([])
    return shared


def test_a_symbol_that_was_never_quoted_has_no_quote(quotes):
    assert quotes.latest("IBM") is None


def test_the_last_quote_counts_to_the_last_digit_and_the_microsecond(quotes):
    quotes.put([quote("IBM", "100.00")])
    newer = quote("IBM", "101.2345", LATER)
    quotes.put([newer])
    assert quotes.latest("IBM") == newer
    assert str(quotes.latest("IBM").bid) == str(newer.bid)


def test_symbols_that_are_not_quoted_anew_keep_their_quote(quotes):
    quotes.put([quote("IBM", "100.00"), quote("MSFT", "30.00")])
    quotes.put([quote("MSFT", "31.00", LATER)])
    assert quotes.latest("IBM") == quote("IBM", "100.00")


def test_quotes_that_redis_lost_are_unknown_until_the_market_writes_them_again(redis):
    shared, board = RedisQuotes(redis), QuoteBoard([quote("IBM", "100.00")])
    shared.put(board.all())
    redis.flushall()
    with pytest.raises(Unanswered, match="the market service brings them"):
        shared.latest("IBM")
    with repeated(lambda: shared.put(board.all()), "again"):
        healed = eventually(lambda: shared.latest("IBM"))
    assert healed == quote("IBM", "100.00")


def test_a_time_that_nobody_told_is_no_time(redis):
    assert SharedTime(redis).known() is None
    with pytest.raises(Unanswered, match="the player service brings it"):
        SharedTime(redis).now()


def test_all_read_the_time_that_was_told_and_it_never_goes_back(redis):
    teller = TimeTeller(redis, BELL)
    teller.tell(LATER)
    assert SharedTime(redis).now() == LATER
    teller.tell(BELL)
    assert (SharedTime(redis).now(), teller.now()) == (LATER, LATER)


def test_a_time_that_redis_lost_comes_back_as_it_was(redis):
    teller = TimeTeller(redis, LATER)
    redis.flushall()
    teller.tell_again()
    assert SharedTime(redis).now() == LATER


@pytest.mark.parametrize("text", ["", "{}", '{"symbol": "IBM", "bid": "NaN"}', "null"])
def test_what_is_no_quote_is_no_answer(redis, text):
    shared = RedisQuotes(redis)
    shared.put([quote("IBM", "100.00")])
    redis.hset("trivet:quotes", "IBM", text)
    with pytest.raises(Unanswered, match="holds something else"):
        shared.latest("IBM")
    shared.put([quote("IBM", "100.00")])
    assert shared.latest("IBM") == quote("IBM", "100.00")


@pytest.mark.parametrize("text", ["", "noon", "2012-06-05T14:00:00", "2012-06-05T14:00:00+01:00"])
def test_what_is_no_time_is_no_answer(redis, text):
    redis.set("trivet:time", text)
    with pytest.raises(Unanswered, match="holds something else"):
        SharedTime(redis).now()


def test_without_redis_nothing_is_known_and_no_time_counts_as_told(own_redis):
    client = connect_redis(own_redis.url)
    quotes, teller = RedisQuotes(client), TimeTeller(client, BELL)
    quotes.put([quote("IBM", "100.00")])
    own_redis.kill()
    for ask in (lambda: quotes.latest("IBM"), SharedTime(client).now, lambda: teller.tell(LATER)):
        with pytest.raises(Unanswered, match="Redis does not answer"):
            ask()
    assert teller.now() == BELL
    client.close()


def eventually(look):
    until = time.monotonic() + 5
    while True:
        try:
            return look()
        except Unanswered:
            assert time.monotonic() < until
            time.sleep(0.05)
