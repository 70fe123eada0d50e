"""A house on the real clock and a live market, from bell to bell: what it does in play, it does here."""

import shutil
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.clock import SystemClock
from adapters.execution.tables import execution_alerts
from adapters.listener import LISTENING
from adapters.portfolio.tables import pnl_history
from adapters.settings import Settings
from adapters.wiring.journey import Plan, journey
from adapters.wiring.live.house import live_house
from adapters.wiring.refusal import Refused
from adapters.wiring.signals import publish
from adapters.wiring.store import clock_of
from policy.rollout.phases import Phase
from policy.stops.tables import stop_events
from policy.store import reading
from policy.tables import policy_rule_hits
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.flows.live_house import FULL_DAY, HALF_DAY, LiveDay, live_day, moving_by_itself, until
from tests.trivet import PROJECT, trivet

MIDDAY = timedelta(minutes=195)


@pytest.fixture(scope="session")
def begun(tmp_path_factory):
    """Data folders in which a house on the paper broker has begun and knows its history, to copy."""

    @cache
    def made(day, phase):
        home = tmp_path_factory.mktemp("live")
        with live_day(home, day, phase=phase):
            pass
        return home

    return made


@pytest.fixture
def home(begun, tmp_path):
    """Makes a data folder for a test on the paper broker."""

    def copied(day=FULL_DAY, phase=Phase.PAPER):
        return Path(shutil.copytree(begun(day, phase), tmp_path / "begun"))

    return copied


def rules_that_objected(day: LiveDay) -> set[str]:
    with reading(day.live.house.store) as connection:
        objected = policy_rule_hits.c.verdict.is_not(None)
        return set(connection.scalars(select(policy_rule_hits.c.rule).where(objected)))


def troubles(day: LiveDay) -> list[str]:
    """Alerts and stops: what a person would have been called for."""
    with reading(day.live.house.store) as connection:
        alerts = connection.scalars(select(execution_alerts.c.what)).all()
        stops = connection.scalars(select(stop_events.c.cause)).all()
    return [*alerts, *stops]


def test_a_session_on_the_paper_broker_from_the_open_to_its_bars_ends_flat(home):
    with live_day(home(), FULL_DAY) as day:
        assert day.live.market.lacking == {}
        day.play(day.session.opens + timedelta(minutes=3))
        opened = day.facts()
        assert opened["orders"] == [["AAPL", "BUY", "FILLED", "319"]]
        assert opened["verdicts"] == ["APPROVE"]
        day.street.prices["IBM"] -= 1
        day.play(day.session.opens + MIDDAY)
        assert "rollout-paper/late-opening" in rules_that_objected(day)
        day.play(day.session.closes)
        closed = day.facts()
        assert [one[:3] for one in closed["orders"]] == [
            ["AAPL", "BUY", "FILLED"],
            ["AAPL", "SELL", "FILLED"],
        ]
        assert closed["held"] == {}
        assert troubles(day) == []
        with reading(day.live.house.store) as connection:
            assert connection.scalars(select(pnl_history.c.session)).all() == [FULL_DAY]


def test_a_session_on_the_sandbox_broker_sends_what_people_approve_and_leaves_it_before_the_close(tmp_path):
    with live_day(tmp_path, FULL_DAY, broker="alpaca-paper", phase=Phase.SANDBOX) as day:
        day.play(day.session.opens + timedelta(minutes=1))
        assert day.at_broker()["sent"] == []  # nobody has answered yet
        assert day.approve_all() == 1
        day.play(day.session.opens + timedelta(minutes=3))
        assert day.at_broker() == {"sent": [("AAPL", "buy")], "posts": 1, "held": {"AAPL": Decimal(3)}}
        day.play(day.session.closes - timedelta(minutes=16), every_tick=False)
        assert day.facts()["held"] == {"AAPL": "3"}
        day.play(day.session.closes - timedelta(minutes=13), every_tick=True)
        assert day.at_broker()["sent"] == [("AAPL", "buy"), ("AAPL", "sell")]
        day.play(day.session.closes)
        assert (day.facts()["held"], day.at_broker()["held"]) == ({}, {})
        assert troubles(day) == []


def test_half_a_day_is_left_before_its_own_close_at_every_tick(home):
    with live_day(home(HALF_DAY), HALF_DAY) as day:
        day.play(day.session.opens + timedelta(minutes=3), every_tick=True)
        assert day.facts()["held"] == {"AAPL": "319"}
        day.play(day.session.opens + timedelta(minutes=13), every_tick=True)
        assert day.facts()["held"] == {}
        day.play(day.session.closes)
        assert day.live.pacer.status.next.session > HALF_DAY
        assert troubles(day) == []


def test_ten_silent_minutes_are_rejected_as_stale_data_and_the_market_comes_back(home):
    with live_day(home(phase=Phase.DEVELOPMENT), FULL_DAY) as day:
        day.street.prices["IBM"] -= 1
        day.play(day.session.opens + MIDDAY - timedelta(minutes=5))
        day.street.silent = True
        day.play(day.session.opens + MIDDAY, every_tick=True)
        assert "trading-core/stale-data" in rules_that_objected(day)
        silent = day.facts()
        assert (silent["verdicts"].count("REJECT"), silent["held"]) == (2, {"AAPL": "319"})
        day.play(day.session.opens + MIDDAY + timedelta(minutes=5), every_tick=True)
        day.street.silent = False
        day.take(day.live.pacer.status.next.at)
        again = day.live.house.desk.generate("IBM", None, day.clock.now())
        publish(day.live.house.store, [again])
        day.live.house.relay.pump()
        assert day.facts()["verdicts"].count("REJECT") == 2
        assert troubles(day) == []


def test_a_session_closes_its_bars_once_and_features_follow(home):
    with live_day(home(), FULL_DAY) as day:
        history, features = day.live.market.history, day.live.market.scene.features
        before = features.snapshot("AAPL", day.session.closes).bars
        day.play(day.session.opens + timedelta(minutes=10), every_tick=True)
        day.play(day.session.closes)
        for minutes in (1, 3, 4):
            day.idle(day.session.closes + timedelta(minutes=minutes))
        last = history.bars.last("AAPL")
        assert last.closed_at == day.session.closes
        assert features.snapshot("AAPL", day.clock.now()).bars == before + 1
        assert len(day.events("market.bar.closed")) == 3


def test_a_house_that_starts_in_the_middle_of_a_session_takes_no_moment_that_has_passed(home):
    with live_day(home(), FULL_DAY, opens=False) as day:
        day.clock.at = day.session.opens + timedelta(minutes=2)
        day.street.quote()
        day.open()
        day.play(day.session.opens + timedelta(minutes=5), every_tick=True)
        assert day.facts()["signals"] == 0


def test_a_house_that_was_away_over_the_close_writes_its_session_down_when_it_is_back(home):
    with live_day(home(), FULL_DAY) as day:
        day.play(day.session.opens + timedelta(minutes=3))
        day.shut()
        day.clock.at = day.session.closes + timedelta(hours=3)
        day.open()
        day.live.pacer.turn()
        with reading(day.live.house.store) as connection:
            assert connection.scalars(select(pnl_history.c.session)).all() == [FULL_DAY]
        assert "held-overnight" in troubles(day)  # it could not leave before the close, and says so
        assert day.live.pacer.status.next.session > FULL_DAY


@pytest.mark.parametrize("minutes", [0, 45])
def test_restarting_an_idle_house_repeats_nothing(home, minutes):
    with live_day(home(), FULL_DAY) as day:
        day.play(day.session.opens + timedelta(minutes=3))
        before = day.facts()
        day.shut()
        day.clock.at += timedelta(minutes=minutes)
        day.street.quote()
        day.open()
        day.take(day.live.pacer.status.next.at if minutes == 0 else day.clock.at + timedelta(seconds=30))
        assert day.facts() == before


def test_a_house_at_work_takes_its_steps_by_itself(home):
    with live_day(home(), FULL_DAY, opens=False) as day, moving_by_itself(day):
        day.clock.at = day.session.opens + timedelta(seconds=29)
        day.street.quote()
        until(lambda: day.live.market.board.latest("AAPL") is not None)
        day.clock.at = day.session.opens + timedelta(seconds=30, milliseconds=20)
        until(lambda: day.facts()["orders"] != [])
        day.clock.at = day.session.opens + timedelta(seconds=58)
        day.street.quote()
        until(lambda: day.live.market.board.latest("AAPL").at > day.session.opens + timedelta(seconds=50))
        day.clock.at = day.session.opens + timedelta(minutes=1, milliseconds=20)
        until(lambda: day.facts()["held"] != {})
        assert troubles(day) == []


def test_a_feed_that_breaks_off_comes_back_with_the_latest_quotes(home):
    with live_day(home(), FULL_DAY, opens=False) as day, moving_by_itself(day):
        day.clock.at = day.session.opens + timedelta(seconds=29)
        day.street.quote()
        until(lambda: day.live.market.board.latest("IBM") is not None)
        day.alpaca.stream.drop()
        until(lambda: day.live.market.source.state != LISTENING)
        day.clock.at = day.session.opens + timedelta(seconds=31)
        day.street.prices["IBM"] += 1
        day.street.quote()  # nobody listens
        until(lambda: day.live.market.board.latest("IBM").at > day.session.opens + timedelta(seconds=29))


def test_a_store_that_was_played_in_is_refused(home, tmp_path):
    played = Settings(home=tmp_path / "store", rules=PROJECT / "rules")
    with journey(played, Plan(), keep="step") as travel:
        travel.player.step()
    with live_day(home(), opens=False) as day:
        there = day.settings.model_copy(update={"home": tmp_path / "store"})
        with pytest.raises(Refused, match="was played in"), live_house(there, day.clock):
            pass


def test_what_is_held_has_to_be_quoted_and_stays_with_its_broker(home):
    with live_day(home()) as day:
        day.play(day.session.opens + timedelta(minutes=3))
        assert day.facts()["held"] == {"AAPL": "319"}
        day.shut()
        without, elsewhere = ({"symbols": "IBM,MSFT"}, {"broker": "alpaca-paper"})
        with pytest.raises(Refused, match="holds or orders AAPL"):
            day.try_with(without)
        with pytest.raises(Refused, match="go on with TRIVET_BROKER=paper"):
            day.try_with(elsewhere)


def test_a_live_store_is_not_played_into_and_goes_by_the_real_clock(home):
    place = home()
    with live_day(place) as day:
        assert isinstance(clock_of(day.live.house.store), SystemClock)
        day.shut()
    done = trivet(place, "replay", "--store", place, "--resume")
    assert (done.returncode, "live house's" in done.stderr) == (2, True)


def test_a_market_that_tells_no_history_is_refused_with_the_next_step(home, tmp_path):
    with live_day(home(), opens=False) as day:
        day.alpaca.script.always["GET /v2/stocks/bars"] = faults.BROKEN
        new = day.settings.model_copy(update={"home": tmp_path / "new"})
        with pytest.raises(Refused, match="trivet market check"), live_house(new, day.clock):
            pass


def test_an_account_with_other_cash_is_no_beginning_of_a_book(tmp_path):
    with live_day(tmp_path / "live", broker="alpaca-paper", phase=Phase.SANDBOX, opens=False) as day:
        day.account.account.cash += 1
        new = day.settings.model_copy(update={"home": tmp_path / "new"})
        with pytest.raises(Refused, match="TRIVET_STARTING_CASH"), live_house(new, day.clock):
            pass


def test_on_postgres_a_session_opens_and_its_orders_fill(tmp_path, postgres_url):
    with live_day(tmp_path, FULL_DAY, database=postgres_url) as day:
        day.play(day.session.opens + timedelta(minutes=3))
        assert day.facts()["orders"] == [["AAPL", "BUY", "FILLED", "319"]]
        day.shut()
        day.open()  # and goes on
        assert day.facts()["held"] == {"AAPL": "319"}


def test_bars_that_did_not_close_here_are_asked_for_after_the_close(home):
    with live_day(home(), FULL_DAY) as day:
        day.play(day.session.opens + timedelta(minutes=3))
        for symbol in ("AAPL", "IBM", "MSFT"):
            day.alpaca.day(symbol, FULL_DAY, day.street.prices[symbol])
        day.alpaca.script.always["GET /v2/stocks/bars"] = faults.BROKEN
        day.live.market.source.note_gap()  # minutes were lost, and cannot be had
        day.play(day.session.closes)
        for minutes in (3, 4, 6):
            day.idle(day.session.closes + timedelta(minutes=minutes))
        history, features = day.live.market.history, day.live.market.scene.features
        assert history.bars.last("IBM").closed_at < day.session.opens  # neither half a bar nor a guess
        del day.alpaca.script.always["GET /v2/stocks/bars"]
        before = features.snapshot("IBM", day.clock.now()).bars
        day.clock.at += timedelta(minutes=10)
        day.live.pacer.turn()
        assert history.bars.last("IBM").closed_at == day.session.closes
        assert features.snapshot("IBM", day.clock.now()).bars == before + 1


def test_a_split_that_is_learnt_adjusts_what_features_see_and_no_stored_bar(home):
    with live_day(home(), FULL_DAY) as day:
        history = day.live.market.history
        stored = history.bars.between("IBM")
        seen = day.live.market.scene.features.snapshot("IBM", day.clock.now()).values["sma_20"]
        day.shut()
        ratio = {"symbol": "IBM", "ex_date": FULL_DAY.isoformat(), "new_rate": 2, "old_rate": 1}
        day.alpaca.splits = {"forward_splits": [ratio]}
        market = day.open().market
        again = market.scene.features.snapshot("IBM", day.clock.now()).values["sma_20"]
        assert again == pytest.approx(seen / 2)
        assert market.history.bars.between("IBM") == stored
        day.street.prices["IBM"] /= 2
        day.play(day.session.opens + timedelta(minutes=1))
        assert day.live.market.board.latest("IBM").ask < 14  # no jump: a split explains it


def test_minutes_that_were_lost_before_the_close_are_asked_for_after_it(home):
    with live_day(home(), FULL_DAY) as day:
        day.play(day.session.opens + timedelta(minutes=3), every_tick=True)
        day.alpaca.stream.mute = True
        for number in (3, 4):
            day.alpaca.minute("IBM", day.session.opens + timedelta(minutes=number), "26.50", 70_000)
        day.live.feed._fill_at = 0.0
        day.clock.at = day.session.closes + timedelta(minutes=3)
        day.live.pacer.turn()  # the machine slept until then, and nobody has looked since
        assert day.live.market.history.bars.last("IBM").closed_at < day.session.opens
        day.idle(day.clock.at + timedelta(seconds=1))
        bar = day.live.market.history.bars.last("IBM")
        assert (bar.closed_at, bar.close, bar.high) == (day.session.closes, Decimal("26.5"), Decimal("26.5"))
        assert bar.volume == 2 * 50_000 + 2 * 70_000


def test_at_work_the_sandbox_brokers_own_stream_is_listened_to(tmp_path):
    with (
        live_day(tmp_path, broker="alpaca-paper", phase=Phase.SANDBOX, opens=False) as day,
        moving_by_itself(day),
    ):
        until(lambda: day.live.outside.stream_state == LISTENING)
        assert day.live.house.execution.is_settled
