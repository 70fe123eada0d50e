"""Whoever asks the market what it let in hears of the very step, or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import NoAnswer
from adapters.market.door import Refused
from adapters.wiring.apart.shown import REFUSED, refused_answers, refused_at

NOON = datetime(2012, 6, 5, 16, tzinfo=UTC)


@pytest.fixture
def line(nats_url):
    with NatsLine(nats_url, "test") as line:
        yield line


def test_what_was_not_let_in_travels_with_the_time_of_its_step(line):
    told = [Refused(NOON, frozenset({"IBM"}), frozenset({"FB"}))]
    line.respond(REFUSED, refused_answers(lambda: told[0])[REFUSED], queue=REFUSED)
    assert refused_at(line, NOON) == told[0]
    with pytest.raises(NoAnswer, match="has not shown the step of 2012-06-05T16:00:01Z"):
        refused_at(line, NOON + timedelta(seconds=1))


def test_a_market_that_has_shown_nothing_says_so(line):
    line.respond(REFUSED, refused_answers(lambda: None)[REFUSED], queue=REFUSED)
    with pytest.raises(NoAnswer, match="has not shown"):
        refused_at(line, NOON)
