"""The book: fills at the next open, counts the day's drawdown from the open, comes back exactly."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import correlation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.features.history import FeatureHistory
from adapters.portfolio.book import Book
from adapters.portfolio.ledger import Fill
from policy.contracts import Decision, Quote
from policy.ports import derived_id

MONDAY, TUESDAY = date(2012, 6, 18), date(2012, 6, 19)
OPEN_MONDAY = datetime(2012, 6, 18, 13, 30, 30, tzinfo=UTC)
OPEN_TUESDAY = OPEN_MONDAY + timedelta(days=1)
HOUR = timedelta(hours=1)


def _no_returns(symbol: str, at: datetime) -> None:
    return None


def _quote(symbol: str, bid: str, ask: str, at: datetime = OPEN_MONDAY) -> Quote:
    return Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=at)


def _decision(symbol: str = "IBM", at: datetime = OPEN_MONDAY + HOUR, **differing: Any) -> Decision:
    told: dict[str, Any] = {
        "decision": "APPROVE",
        "reasons": (),
        "caps": (),
        "approved_size_pct": 0.01,
        "expires_at": None,
        "decision_id": derived_id("decision", symbol, at, differing.get("candidate_action")),
        "signal_id": derived_id("signal", symbol, at),
        "symbol": symbol,
        "candidate_action": "BUY",
        "evaluated_at": at,
        "review_id": None,
        "packs": (),
        "source": "house",
    }
    return Decision(**(told | differing))


@pytest.fixture
def book() -> Book:
    book = Book.with_cash(_no_returns)
    book.follow(OPEN_MONDAY, MONDAY, opening=True, quotes=[_quote("IBM", "99.99", "100.01")])
    return book


def _open_tuesday(book: Book, bid: str = "99.99", ask: str = "100.00") -> tuple[Fill, ...]:
    return book.follow(OPEN_TUESDAY, TUESDAY, opening=True, quotes=[_quote("IBM", bid, ask)])


def test_an_approved_buy_fills_at_the_next_open_at_the_ask(book: Book) -> None:
    book.accept(_decision())
    assert book.follow(OPEN_MONDAY + 2 * HOUR, MONDAY, False, [_quote("IBM", "99.99", "100.01")]) == ()
    (fill,) = _open_tuesday(book)
    assert (fill.qty, fill.price, fill.at) == (100, Decimal("100.00"), OPEN_TUESDAY)
    assert book.ledger.positions == {"IBM": 100}
    assert book.ledger.cash == Decimal("990000.00")


def test_shares_are_whole_and_never_cost_more_than_was_approved(book: Book) -> None:
    book.accept(_decision())
    (fill,) = _open_tuesday(book, "300.00", "300.01")
    assert fill.qty == 33
    assert fill.qty * fill.price <= Decimal("0.01") * 1_000_000 < (fill.qty + 1) * fill.price


def test_a_buy_never_spends_more_than_the_cash_there_is() -> None:
    book = Book.with_cash(_no_returns, Decimal(1000))
    for hour in range(3):
        book.accept(_decision(at=OPEN_MONDAY + hour * HOUR, approved_size_pct=0.6))
    fills = _open_tuesday(book, "9.99", "10.00")
    assert [fill.qty for fill in fills] == [60, 40]
    assert book.ledger.cash == 0


def test_an_approved_sell_closes_the_position_at_the_bid(book: Book) -> None:
    book.accept(_decision())
    _open_tuesday(book)
    book.accept(_decision(at=OPEN_TUESDAY + HOUR, candidate_action="SELL"))
    wednesday = OPEN_TUESDAY + timedelta(days=1)
    (fill,) = book.follow(wednesday, date(2012, 6, 20), True, [_quote("IBM", "110.00", "110.02")])
    assert (fill.action, fill.qty, fill.price) == ("SELL", 100, Decimal("110.00"))
    assert book.ledger.positions == {}
    assert book.ledger.equity == book.ledger.cash == Decimal("1001000.00")


def test_a_sell_without_a_position_sells_nothing_short(book: Book) -> None:
    book.accept(_decision(candidate_action="SELL"))
    assert _open_tuesday(book) == ()
    assert book.ledger.positions == {}
    assert book.ledger.waiting == {}


@pytest.mark.parametrize(
    "differing",
    [{"decision": "REVIEW"}, {"decision": "REJECT", "approved_size_pct": 0.0}, {"source": "callers"}],
    ids=str,
)
def test_only_approvals_of_the_house_s_own_signals_fill(book: Book, differing: dict[str, Any]) -> None:
    book.accept(_decision(**differing))
    assert _open_tuesday(book) == ()


@pytest.mark.parametrize("differing", [{"decision_id": None}, {"approved_size_pct": None}], ids=str)
def test_an_approval_that_was_never_recorded_is_refused(book: Book, differing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="has no id or no size"):
        book.accept(_decision(**differing))


def test_the_same_decision_twice_fills_once(book: Book) -> None:
    book.accept(_decision())
    book.accept(_decision())
    assert len(_open_tuesday(book)) == 1


def test_a_decision_told_again_after_its_fill_does_not_fill_again(book: Book) -> None:
    book.accept(_decision())
    _open_tuesday(book)
    book.accept(_decision())
    assert book.ledger.waiting == {}


def test_an_approval_made_at_the_open_waits_for_the_next_one(book: Book) -> None:
    book.accept(_decision(at=OPEN_MONDAY))
    assert len(book.ledger.waiting) == 1
    assert len(_open_tuesday(book)) == 1


def test_an_approval_waits_on_while_its_symbol_is_not_quoted(book: Book) -> None:
    book.accept(_decision())
    assert book.follow(OPEN_TUESDAY, TUESDAY, True, [_quote("FB", "31.00", "31.02")]) == ()
    wednesday = OPEN_TUESDAY + timedelta(days=1)
    assert len(book.follow(wednesday, date(2012, 6, 20), True, [_quote("IBM", "99.99", "100.00")])) == 1


def test_the_order_in_which_decisions_arrive_does_not_matter() -> None:
    decisions = [_decision(at=OPEN_MONDAY + hour * HOUR, approved_size_pct=0.6) for hour in range(3)]
    states = []
    for arriving in (decisions, decisions[::-1]):
        book = Book.with_cash(_no_returns, Decimal(1000))
        for decision in arriving:
            book.accept(decision)
        _open_tuesday(book, "9.99", "10.00")
        states.append(book.to_state())
    assert states[0] == states[1]


def test_drawdown_counts_from_the_session_s_open_with_unrealised_losses() -> None:
    book = Book.with_cash(_no_returns, Decimal(1000))
    book.accept(_decision(approved_size_pct=0.5))
    _open_tuesday(book, "10.00", "10.00")
    book.follow(OPEN_TUESDAY + HOUR, TUESDAY, False, [_quote("IBM", "9.39", "9.41")])
    measured = book.measure("IBM", OPEN_TUESDAY + HOUR)
    assert measured is not None
    assert measured.daily_drawdown_pct == 0.03
    assert measured.gross_exposure_pct == pytest.approx(470 / 970)
    wednesday = OPEN_TUESDAY + timedelta(days=1)
    book.follow(wednesday, date(2012, 6, 20), True, [_quote("IBM", "9.39", "9.41")])
    after = book.measure("IBM", wednesday)
    assert after is not None
    assert after.daily_drawdown_pct == 0


def test_a_gain_is_no_drawdown(book: Book) -> None:
    book.accept(_decision())
    _open_tuesday(book)
    book.follow(OPEN_TUESDAY + HOUR, TUESDAY, False, [_quote("IBM", "120.00", "120.02")])
    measured = book.measure("IBM", OPEN_TUESDAY + HOUR)
    assert measured is not None
    assert measured.daily_drawdown_pct == 0


def test_a_book_without_equity_measures_nothing() -> None:
    assert Book.with_cash(_no_returns, Decimal(0)).measure("IBM", OPEN_MONDAY) is None


def test_an_empty_book_is_correlated_with_nothing(features: FeatureHistory) -> None:
    measured = Book.with_cash(features.return_window).measure("IBM", OPEN_MONDAY)
    assert measured is not None
    assert (measured.correlation, measured.gross_exposure_pct) == (0.0, 0.0)


def test_correlation_without_enough_history_is_absent(features: FeatureHistory) -> None:
    measured = Book.with_cash(features.return_window).measure("FB", OPEN_MONDAY)
    assert measured is not None
    assert measured.correlation is None


def test_a_symbol_is_fully_correlated_with_a_book_of_itself(features: FeatureHistory) -> None:
    book = Book.with_cash(features.return_window)
    book.accept(_decision())
    _open_tuesday(book)
    buying, selling = (book.measure("IBM", OPEN_TUESDAY, action) for action in ("BUY", "SELL"))
    assert buying is not None
    assert selling is not None
    assert (buying.correlation, selling.correlation) == (1.0, -1.0)


def test_correlation_is_with_the_holdings_weighted_by_their_worth(features: FeatureHistory) -> None:
    book = Book.with_cash(features.return_window)
    book.accept(_decision("IBM", approved_size_pct=0.03))
    book.accept(_decision("MSFT", approved_size_pct=0.01))
    quotes = [_quote("IBM", "100.00", "100.00"), _quote("MSFT", "100.00", "100.00")]
    book.follow(OPEN_TUESDAY, TUESDAY, True, quotes)
    windows = [features.return_window(symbol, OPEN_TUESDAY) for symbol in ("IBM", "MSFT", "AAPL")]
    ibm, msft, aapl = [window.returns for window in windows if window is not None]
    holdings = [0.75 * a + 0.25 * b for a, b in zip(ibm, msft, strict=True)]
    measured = book.measure("AAPL", OPEN_TUESDAY)
    assert measured is not None
    assert measured.correlation == pytest.approx(correlation(list(aapl), holdings), abs=1e-6)


def test_a_book_comes_back_from_its_json_exactly(book: Book) -> None:
    book.accept(_decision())
    _open_tuesday(book)
    book.accept(_decision("FB", at=OPEN_TUESDAY + HOUR))
    again = Book.from_state(json.loads(json.dumps(book.to_state())), _no_returns)
    assert again.ledger == book.ledger


@settings(max_examples=40)
@given(
    prices=st.lists(st.decimals("1", "500", places=2), min_size=2, max_size=12),
    cut=st.integers(0, 10),
    sizes=st.lists(st.floats(0, 0.5), min_size=12, max_size=12),
)
def test_an_interrupted_book_ends_where_an_uninterrupted_one_does(
    prices: list[Decimal], cut: int, sizes: list[float]
) -> None:
    whole, resumed = Book.with_cash(_no_returns), Book.with_cash(_no_returns)
    for number, price in enumerate(prices):
        for book in (whole, resumed):
            _play_a_day(book, number, price, sizes[number])
        if number == cut:
            resumed = Book.from_state(json.loads(json.dumps(resumed.to_state())), _no_returns)
            resumed.accept(_buy_of_day(number, sizes[number]))  # told again, as after a crash
    assert resumed.ledger == whole.ledger
    assert whole.ledger.cash >= 0
    assert all(qty > 0 for qty in whole.ledger.positions.values())


def _play_a_day(book: Book, number: int, price: Decimal, size: float) -> None:
    opens = OPEN_MONDAY + timedelta(days=number)
    quote = Quote(symbol="IBM", bid=price, ask=price + Decimal("0.01"), at=opens)
    book.follow(opens, opens.date(), True, [quote])
    book.accept(_buy_of_day(number, size))


def _buy_of_day(number: int, size: float) -> Decision:
    action = "SELL" if number % 4 == 3 else "BUY"
    at = OPEN_MONDAY + timedelta(days=number) + HOUR
    return _decision(at=at, approved_size_pct=size, candidate_action=action)
