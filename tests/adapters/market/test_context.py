"""The market side of what the rules read: measured, or absent."""

from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.features.history import FeatureHistory
from adapters.market.blackouts import Blackouts, read_blackout_days
from adapters.market.board import QuoteBoard
from adapters.market.calendar import TradingCalendar
from adapters.market.context import MarketGauge
from adapters.market.steps import steps
from adapters.market.tape import Tape

QUIET_DAY = date(2012, 6, 18)
DECISION_DAY = date(2012, 6, 20)


@pytest.fixture
def board() -> QuoteBoard:
    return QuoteBoard()


@pytest.fixture
def gauge(board: QuoteBoard, calendar: TradingCalendar, features: FeatureHistory) -> MarketGauge:
    return MarketGauge(board, calendar, Blackouts(read_blackout_days()), features.liquidity)


def test_age_counts_from_the_exchange_s_time_of_the_last_quote(
    gauge: MarketGauge, board: QuoteBoard, tape: Tape
) -> None:
    at = datetime(2012, 6, 18, 15, tzinfo=UTC)
    quote = tape.quote_at("AAPL", at - timedelta(seconds=31, milliseconds=500))
    assert quote is not None
    board.put([quote])
    measured = gauge.measure("AAPL", at)
    assert measured is not None
    assert measured.data_age_seconds == 31.5
    assert measured.market_open
    assert not measured.event_blackout_active
    assert measured.liquidity_score is not None


@pytest.mark.parametrize(("day", "blackout"), [(QUIET_DAY, False), (DECISION_DAY, True)])
def test_every_step_of_a_session_is_measured(
    gauge: MarketGauge, board: QuoteBoard, tape: Tape, calendar: TradingCalendar, day: date, blackout: bool
) -> None:
    for step in steps(tape, calendar, day, day):
        board.put(step.quotes)
        measured = gauge.measure("IBM", step.at)
        assert measured is not None
        assert 1 <= measured.data_age_seconds <= 9
        assert measured.market_open is (step.moment != "close")
        assert measured.event_blackout_active is blackout


def test_without_a_quote_nothing_is_measured(gauge: MarketGauge) -> None:
    assert gauge.measure("AAPL", datetime(2012, 6, 18, 15, tzinfo=UTC)) is None


def test_a_quote_from_the_future_measures_nothing(gauge: MarketGauge, board: QuoteBoard, tape: Tape) -> None:
    at = datetime(2012, 6, 18, 15, tzinfo=UTC)
    quote = tape.quote_at("AAPL", at + timedelta(seconds=1))
    assert quote is not None
    board.put([quote])
    assert gauge.measure("AAPL", at) is None


def test_a_day_that_the_event_list_does_not_cover_measures_nothing(
    gauge: MarketGauge, board: QuoteBoard, tape: Tape
) -> None:
    quote = tape.quote_at("AAPL", datetime(2013, 3, 1, 15, tzinfo=UTC))
    assert quote is not None
    board.put([quote])
    assert gauge.measure("AAPL", datetime(2028, 3, 3, 15, tzinfo=UTC)) is None
    assert gauge.measure("AAPL", datetime(2013, 3, 4, 15, tzinfo=UTC)) is not None


def test_a_new_listing_has_no_liquidity_score_yet(gauge: MarketGauge, board: QuoteBoard, tape: Tape) -> None:
    at = datetime(2012, 5, 18, 15, tzinfo=UTC)
    quote = tape.quote_at("FB", at)
    assert quote is not None
    board.put([quote])
    measured = gauge.measure("FB", at)
    assert measured is not None
    assert measured.liquidity_score is None
