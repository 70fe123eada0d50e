"""What others hear of the features in another process: the same as in their own."""

from datetime import UTC, datetime

import pytest

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import NoAnswer
from adapters.wiring.apart.remote import RemoteFeatures, features_answers

NOW = datetime(2012, 6, 20, 15, 0, 0, 123_456, tzinfo=UTC)


@pytest.fixture
def line(nats_url):
    with NatsLine(nats_url, "test") as line:
        yield line


@pytest.mark.parametrize("symbol", ["AAPL", "FB", "NOPE"])
def test_features_come_over_as_they_are_and_in_the_same_order(line, recording, symbol):
    for asked, answered in features_answers(recording.features).items():
        line.respond(asked, answered)
    here, there = recording.features.snapshot(symbol, NOW), RemoteFeatures(line).snapshot(symbol, NOW)
    assert there == here
    if here is not None:
        assert there.model_dump_json() == here.model_dump_json()
    assert RemoteFeatures(line).liquidity(symbol, NOW) == recording.features.liquidity(symbol, NOW)


def test_a_service_that_is_away_is_no_measure(line):
    with pytest.raises(NoAnswer):
        RemoteFeatures(line).snapshot("AAPL", NOW)
