"""The portfolio: applies each booked fill once, measures what rules ask, writes down what happened once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from statistics import correlation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, create_engine, select

from adapters.features.history import FeatureHistory
from adapters.portfolio.service import Portfolio
from adapters.portfolio.tables import pnl_history, portfolio_snapshots, positions
from adapters.ports import BookedFill
from adapters.storage.database import open_store
from policy.contracts import EventType
from policy.outbox import undelivered
from policy.store import reading
from tests.adapters.portfolio.journal import BELL, DAY, HOUR, Journal, fill, no_returns, quote

MONDAY, TUESDAY = BELL.date(), (BELL + DAY).date()
CASH = Decimal(1_000_000)
CLOSE = BELL + 6 * HOUR
NO_STORE = create_engine("sqlite://")
"""For what never touches the store: it has no tables, so a statement would fail."""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_store(str(request.getfixturevalue(f"{request.param}_url")))
    yield opened
    opened.dispose()


def portfolio(
    *fills: BookedFill, store: Engine = NO_STORE, returns_of: Any = no_returns, cash: Decimal = CASH
) -> Portfolio:
    """Follows Monday's opening quotes, then has ``fills`` booked."""
    made = Portfolio(store, Journal(fills), returns_of, cash)
    made.follow(BELL, MONDAY, opening=True, quotes=[quote("IBM", "100.00")])
    made.catch_up(BELL)
    return made


def kept(store: Engine, table: Table) -> list[dict[str, Any]]:
    with reading(store) as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def told(store: Engine) -> list[dict[str, Any]]:
    with reading(store) as connection:
        events = [event for _, event in undelivered(connection, 100)]
    assert {event.type for event in events} <= {EventType.SNAPSHOT_TAKEN}
    return [dict(event.data) for event in events]


def test_fills_are_applied_once_and_only_those_booked_by_then() -> None:
    journal = Journal([fill(10, "100.00"), fill(5, "100.00", at=BELL + HOUR)])
    made = Portfolio(NO_STORE, journal, no_returns, CASH)
    assert [made.catch_up(BELL), made.catch_up(BELL), made.account.positions["IBM"].qty] == [1, 0, 10]
    assert [made.catch_up(BELL + HOUR), made.account.positions["IBM"].qty] == [1, 15]


def test_a_journal_that_contradicts_itself_is_applied_not_at_all() -> None:
    made = Portfolio(
        NO_STORE, Journal([fill(10, "100.00"), fill(5, "1.00", kind="reversal")]), no_returns, CASH
    )
    with pytest.raises(ValueError, match="journal line 2"):
        made.catch_up(BELL)
    assert made.equity() == CASH
    assert made.account.applied == 0


def test_drawdown_counts_from_the_session_s_open_with_unrealised_losses() -> None:
    made = portfolio(fill(50, "10.00", "FB"), cash=Decimal(1000))
    made.follow(BELL + HOUR, MONDAY, False, [quote("FB", "9.40")])
    measured = made.measure("FB", BELL + HOUR)
    assert measured is not None
    assert measured.daily_drawdown_pct == 0.03
    assert measured.gross_exposure_pct == pytest.approx(470 / 970)
    made.follow(BELL + DAY, TUESDAY, True, [quote("FB", "9.40")])
    after = made.measure("FB", BELL + DAY)
    assert after is not None
    assert after.daily_drawdown_pct == 0


def test_fees_are_a_drawdown_too() -> None:
    measured = portfolio(fill(1, "100.00", commission=Decimal(10_000))).measure("IBM", BELL)
    assert measured is not None
    assert measured.daily_drawdown_pct == 0.01


def test_a_gain_is_no_drawdown() -> None:
    made = portfolio(fill(100, "100.00"))
    made.follow(BELL + HOUR, MONDAY, False, [quote("IBM", "120.00")])
    measured = made.measure("IBM", BELL + HOUR)
    assert measured is not None
    assert measured.daily_drawdown_pct == 0


def test_a_book_without_equity_measures_nothing() -> None:
    assert portfolio(cash=Decimal(0)).measure("IBM", BELL) is None


def test_an_empty_book_is_correlated_with_nothing(features: FeatureHistory) -> None:
    measured = portfolio(returns_of=features.return_window).measure("IBM", BELL)
    assert measured is not None
    assert (measured.correlation, measured.gross_exposure_pct) == (0.0, 0.0)


def test_a_book_that_was_closed_is_correlated_with_nothing(features: FeatureHistory) -> None:
    made = portfolio(fill(10, "100.00"), fill(-10, "100.00"), returns_of=features.return_window)
    measured = made.measure("IBM", BELL)
    assert measured is not None
    assert measured.correlation == 0.0


def test_correlation_without_enough_history_is_absent(features: FeatureHistory) -> None:
    measured = portfolio(returns_of=features.return_window).measure("FB", BELL)
    assert measured is not None
    assert measured.correlation is None


def test_a_symbol_is_fully_correlated_with_a_book_of_itself(features: FeatureHistory) -> None:
    made = portfolio(fill(100, "100.00"), returns_of=features.return_window)
    buying, selling = (made.measure("IBM", BELL + DAY, action) for action in ("BUY", "SELL"))
    assert buying is not None
    assert selling is not None
    assert (buying.correlation, selling.correlation) == (1.0, -1.0)


def test_correlation_is_with_the_holdings_weighted_by_their_worth(features: FeatureHistory) -> None:
    bought = [fill(300, "100.00"), fill(100, "100.00", "MSFT")]
    made = portfolio(*bought, returns_of=features.return_window)
    windows = [features.return_window(symbol, BELL) for symbol in ("IBM", "MSFT", "AAPL")]
    ibm, msft, aapl = [window.returns for window in windows if window is not None]
    holdings = [0.75 * a + 0.25 * b for a, b in zip(ibm, msft, strict=True)]
    measured = made.measure("AAPL", BELL)
    assert measured is not None
    assert measured.correlation == pytest.approx(correlation(list(aapl), holdings), abs=1e-6)


def test_a_session_that_closes_leaves_its_result_a_snapshot_and_what_is_held(store: Engine) -> None:
    bought = [
        fill(100, "100.00", commission=Decimal("1.00")),
        fill(-40, "101.00", commission=Decimal("2.00")),
    ]
    made = portfolio(*bought, store=store)
    made.follow(CLOSE, MONDAY, False, [quote("IBM", "99.00")])
    assert made.close_session(CLOSE)
    assert kept(store, pnl_history) == [
        {
            "session": MONDAY,
            "closed_at": CLOSE,
            "opened_with": CASH,
            "closed_with": CASH - 23,
            "lowest_equity": CASH - 23,
            "realised": Decimal(40),
            "fees": Decimal(3),
            "max_drawdown_pct": 0.000023,
        }
    ]
    assert kept(store, positions) == [
        {
            "symbol": "IBM",
            "qty": Decimal(60),
            "cost": Decimal(6000),
            "mark": Decimal(99),
            "realised": Decimal(40),
            "fees": Decimal(3),
            "as_of": CLOSE,
        }
    ]
    (snapshot,) = kept(store, portfolio_snapshots)
    assert (snapshot["as_of"], snapshot["reason"], snapshot["market_value"]) == (CLOSE, "close", 5940)
    (event,) = told(store)
    assert (event["snapshot_id"], event["equity"]) == (str(snapshot["snapshot_id"]), "999977")


def test_a_snapshot_of_a_moment_stays_as_it_was_taken(store: Engine) -> None:
    made = portfolio(fill(100, "100.00"), store=store)
    assert made.take_snapshot(BELL, "step")
    made.follow(BELL + HOUR, MONDAY, False, [quote("IBM", "50.00")])
    written = [kept(store, table) for table in (portfolio_snapshots, positions)]
    assert not made.take_snapshot(BELL, "step")
    assert [kept(store, table) for table in (portfolio_snapshots, positions)] == written
    assert len(told(store)) == 1


def test_a_close_that_is_repeated_changes_nothing(store: Engine) -> None:
    made = portfolio(fill(100, "100.00"), store=store)
    tables = (pnl_history, portfolio_snapshots, positions)
    assert made.close_session(CLOSE)
    written = [kept(store, table) for table in tables]
    assert not made.close_session(CLOSE)
    assert [kept(store, table) for table in tables] == written
    assert len(told(store)) == 1


def test_a_session_is_closed_even_when_the_moment_has_a_snapshot(store: Engine) -> None:
    made = portfolio(store=store)
    assert made.take_snapshot(CLOSE, "step")
    assert made.close_session(CLOSE)
    assert [row["reason"] for row in kept(store, portfolio_snapshots)] == ["step"]
    assert len(kept(store, pnl_history)) == 1


def test_a_snapshot_shows_what_is_no_longer_held_as_none(store: Engine) -> None:
    made = portfolio(fill(100, "100.00"), fill(-100, "110.00", at=BELL + HOUR), store=store)
    made.take_snapshot(BELL, "step")
    made.catch_up(BELL + HOUR)
    made.take_snapshot(BELL + HOUR, "step")
    (row,) = kept(store, positions)
    assert (row["qty"], row["cost"], row["realised"], row["as_of"]) == (0, 0, 1000, BELL + HOUR)


def test_nothing_is_left_of_a_snapshot_whose_transaction_failed(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = portfolio(fill(100, "100.00"), store=store)
    monkeypatch.setattr("adapters.portfolio.store._keep_session", _break)
    with pytest.raises(RuntimeError, match="the power is gone"):
        made.close_session(CLOSE)
    assert [kept(store, table) for table in (portfolio_snapshots, positions)] == [[], []]
    assert told(store) == []


def _break(*_given: Any) -> bool:
    raise RuntimeError("the power is gone")


def test_a_portfolio_that_saw_no_session_closes_none(store: Engine) -> None:
    with pytest.raises(ValueError, match="no session has begun"):
        Portfolio(store, Journal(), no_returns, CASH).close_session(CLOSE)


SHARES = st.integers(-50, 50).filter(bool)
PRICES = st.decimals("1", "500", places=2)
STEPS = st.lists(st.tuples(PRICES, st.lists(st.tuples(SHARES, PRICES), max_size=3)), min_size=1, max_size=12)


@settings(max_examples=60)
@given(STEPS, st.integers(0, 12))
def test_an_interrupted_portfolio_ends_where_an_uninterrupted_one_does(steps: Any, cut: int) -> None:
    """The checkpoint is of the step before ``cut``, the journal knows later fills already."""
    journal = Journal(
        replace(fill(shares, str(price)), at=BELL + number * HOUR)
        for number, (_, trades) in enumerate(steps)
        for shares, price in trades
    )
    whole = Portfolio(NO_STORE, journal, no_returns, CASH)
    resumed = Portfolio(NO_STORE, journal, no_returns, CASH)
    for number, (mid, _) in enumerate(steps):
        if number == cut:
            state = json.loads(json.dumps(resumed.to_state()))
            resumed = Portfolio.from_state(state, NO_STORE, journal, no_returns)
        for made in (whole, resumed):
            _play(made, number, mid)
    assert resumed.account == whole.account
    assert json.dumps(resumed.to_state()) == json.dumps(whole.to_state())


@given(STEPS)
@settings(max_examples=40)
def test_how_often_it_catches_up_within_a_step_does_not_matter(steps: Any) -> None:
    """A run that goes on after a crash finds at once what the first one found one after another."""
    journal, whole = Journal(), Journal()
    told_slowly = Portfolio(NO_STORE, journal, no_returns, CASH)
    told_at_once = Portfolio(NO_STORE, whole, no_returns, CASH)
    for number, (mid, trades) in enumerate(steps):
        at = BELL + number * HOUR
        lines = [replace(fill(shares, str(price)), at=at) for shares, price in trades]
        whole.add(*lines)
        _play(told_at_once, number, mid)
        _play(told_slowly, number, mid)
        for line in lines:
            journal.add(line)
            told_slowly.catch_up(at)
    assert told_slowly.account == told_at_once.account


def _play(made: Portfolio, number: int, mid: Decimal) -> None:
    at = BELL + number * HOUR
    session = MONDAY + timedelta(days=number // 3)
    made.follow(at, session, number % 3 == 0, [quote("IBM", str(mid), at)])
    made.catch_up(at)
