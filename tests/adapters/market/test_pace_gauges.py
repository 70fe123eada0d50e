"""A live house that hangs, fails or hears nothing is seen on its metrics page."""

from dataclasses import replace
from datetime import timedelta

from prometheus_client import CollectorRegistry

from adapters.market.pace_gauges import PaceGauges
from tests.adapters.market.pacing import OPENING, Listening, Pacing
from tests.policy.parts import StillClock


def shown(pacer, source, clock):
    registry = CollectorRegistry()
    registry.register(PaceGauges(pacer, source, clock))
    names = ("trivet_pacer_idle_seconds", "trivet_pacer_failing", "trivet_market_stream_up")
    return tuple(registry.get_sample_value(name) for name in names)


def test_a_house_that_keeps_up_is_seen_to():
    assert shown(Pacing(), Listening(), StillClock(OPENING)) == (0, 0, 1)


def test_a_step_that_hangs_shows_as_time_that_passes():
    assert shown(Pacing(), Listening(), StillClock(OPENING + timedelta(minutes=3)))[0] == 180


def test_a_step_that_fails_shows():
    failing = Pacing(replace(Pacing().status, state="failing", error="OSError: the disk is full"))
    assert shown(failing, Listening(), StillClock(OPENING))[1] == 1


def test_a_stream_that_is_away_shows():
    assert shown(Pacing(), Listening("away: TimeoutError"), StillClock(OPENING))[2] == 0
