"""When a watcher trips, when it trips again after a person re-armed, and what it then says."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.execution.controls.limits_file import read_limits
from adapters.execution.controls.trial import Bounds
from adapters.execution.stopping.watchers import (
    Mark,
    is_worse,
    of_differences,
    of_heartbeat,
    of_losses,
    of_silence,
    trips,
)
from adapters.ports import DayFigures
from policy.rollout.phases import Phase
from policy.stops.scope import StopState
from tests.trivet import PROJECT

NOW = datetime(2012, 6, 1, 15, tzinfo=UTC)
PAPER = Bounds(Phase.PAPER, read_limits(PROJECT / "rules")[Phase.PAPER])


def losses(lost, opened_with=1_000_000, day=1):
    opened = Decimal(opened_with)
    return tuple(of_losses(DayFigures(date(2012, 6, day), opened, opened - Decimal(str(lost)), NOW), PAPER))


def marked(reading):
    return Mark(reading.episode, reading.measure)


def test_a_drawdown_of_exactly_the_limit_trips_and_a_cent_less_does_not():
    drawdown, _ = losses(30_000)
    assert trips(drawdown, None)
    assert drawdown.state is StopState.REDUCING
    below, _ = losses("29999.99")
    assert not trips(below, None)


def test_the_dollars_lost_trip_by_themselves():
    drawdown, loss = losses(30_000, opened_with=10_000_000)
    assert (trips(drawdown, None), trips(loss, None)) == (False, True)
    assert loss.words == (
        "30000.00 dollars are lost since the open; the limit is 30000 (daily_loss of rules/limits/paper.yaml)"
    )


def test_gains_are_no_loss():
    assert [one.measure for one in losses(-5)] == [0, 0]


def test_a_book_that_opened_with_nothing_has_no_drawdown_that_could_be_told():
    with pytest.raises(ValueError, match="opened with 0"):
        losses(0, opened_with=0)


def test_before_the_first_session_there_is_no_loss_to_read():
    assert tuple(of_losses(None, PAPER)) == ()


def test_who_re_arms_a_loss_is_not_overruled_by_the_same_but_by_a_cent_more():
    _, loss = losses(31_000)
    assert not trips(loss, marked(loss))
    _, more = losses("31000.01")
    assert trips(more, marked(loss))


def test_another_day_counts_from_nothing():
    _, loss = losses(31_000)
    _, next_day = losses(30_500, day=4)
    assert trips(next_day, marked(loss))
    assert is_worse(next_day, marked(loss))


def silence(seconds, since=NOW):
    return of_silence(since, since + timedelta(seconds=seconds), PAPER)


def test_a_market_that_is_silent_for_the_limit_halts():
    limit = PAPER.limits.market_silence_seconds
    assert not trips(silence(limit - 1), None)
    assert trips(silence(limit), None)
    assert silence(limit).state is StopState.HALTED


def test_a_silence_that_goes_on_after_re_arming_trips_again_after_as_long_as_the_limit():
    limit = PAPER.limits.market_silence_seconds
    mark = marked(silence(limit + 5))
    assert not trips(silence(limit + 5 + limit), mark)
    assert trips(silence(limit + 5 + limit + 1), mark)
    assert trips(silence(limit, since=NOW + timedelta(days=1)), mark)


def test_a_difference_is_given_its_patience_and_no_more():
    patience = timedelta(seconds=PAPER.limits.reconcile_patience_seconds)
    assert tuple(of_differences(None, NOW, PAPER)) == ()
    [young] = of_differences(NOW, NOW + patience - timedelta(seconds=1), PAPER)
    [old] = of_differences(NOW, NOW + patience, PAPER)
    assert (trips(young, None), trips(old, None)) == (False, True)


def test_a_missed_heartbeat_names_the_component():
    late = NOW + timedelta(seconds=PAPER.limits.heartbeat_seconds)
    reading = of_heartbeat("portfolio", NOW, late, PAPER)
    assert trips(reading, None)
    assert reading.words.startswith("the portfolio service has not answered for 15.0 s; the limit is 15 ")
