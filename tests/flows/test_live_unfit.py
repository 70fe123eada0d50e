"""What a live market says that is unfit is put aside where people look, and let in where they accepted it."""

import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.flows.live_house import live_day, until


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    home = tmp_path_factory.mktemp("live")
    with live_day(home):
        pass
    return home


@pytest.fixture
def day(begun, tmp_path):
    """A house on the paper broker two minutes after the open, where IBM falls by 40 %."""
    with live_day(Path(shutil.copytree(begun, tmp_path / "begun"))) as opened:
        opened.play(opened.session.opens + timedelta(minutes=2), every_tick=True)
        opened.street.prices["IBM"] = round(opened.street.prices["IBM"] * Decimal("0.6"), 2)
        yield opened


def heard(day, holds):
    """The feed carries until ``holds`` does."""

    def carried():
        day.live.feed.turn()
        day.live.market.intake.settle()
        return holds()

    until(carried)


def quoted_low(day):
    day.clock.at += timedelta(seconds=30)
    day.street.quote()
    heard(day, day.live.market.intake.quarantine.holds)


def closed(day):
    day.play(day.session.closes)
    day.clock.at = day.session.closes + timedelta(minutes=3)
    day.live.feed._fill_at = 0.0  # whatever may have been missed is asked for
    day.live.feed.turn()
    day.live.pacer.turn()
    day.live.market.intake.settle()


def put_aside(day, kind):
    cases = day.live.market.intake.quarantine.cases("IBM")
    return [(case.fault, case.times) for case in cases if case.kind == kind]


def test_a_fall_that_a_person_accepted_is_in_the_bar_of_its_day_and_no_jump_on_the_next(day):
    quoted_low(day)
    day.live.market.intake.acceptances.accept("IBM", by="olga", note="a profit warning")
    day.play(day.session.opens + timedelta(minutes=8), every_tick=True)
    closed(day)
    bar = day.live.market.history.bars.last("IBM")
    assert (bar.closed_at, bar.close) == (day.session.closes, day.street.prices["IBM"])
    assert put_aside(day, "bar") == []
    day.shut()
    day.clock.at = day.session.opens + timedelta(days=1, minutes=1)
    day.street.quote()
    day.open()
    assert day.live.market.board.latest("IBM").at.date() == day.clock.now().date()
    assert day.live.market.intake.quarantine.holds() == {}


def test_the_bar_of_a_fall_that_nobody_looked_at_is_put_aside_and_shown(day):
    quoted_low(day)
    day.alpaca.minute("IBM", day.session.opens + timedelta(minutes=3), day.street.prices["IBM"])
    day.street.silent = True
    closed(day)
    assert day.live.market.history.bars.last("IBM").closed_at < day.session.opens
    assert put_aside(day, "bar") == [("jump", 1)]


def test_minutes_that_are_late_or_unfit_are_put_aside(day):
    quoted_low(day)
    day.live.market.intake.acceptances.accept("IBM", by="olga", note="a profit warning")
    day.play(day.session.opens + timedelta(minutes=8), every_tick=True)
    closed(day)
    bar = day.live.market.history.bars.last("IBM")
    for symbol in ("IBM", "TSLA"):
        day.alpaca.minute(symbol, day.session.closes - timedelta(minutes=1), "99.00", 100)
    quarantine = day.live.market.intake.quarantine
    heard(day, lambda: {case.fault for case in quarantine.cases()} >= {"late", "unknown-symbol"})
    assert put_aside(day, "bar") == [("late", 1)]
    assert day.live.market.history.bars.last("IBM") == bar
