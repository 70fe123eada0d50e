"""The account: it adds up to the last digit, whatever is traded, short, taken back or quoted."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.portfolio.account import Account, booked, followed, with_cash
from adapters.portfolio.account_state import account_from_state, state_of
from adapters.portfolio.figures import figures_of
from adapters.portfolio.position import Position, traded
from adapters.ports import BookedFill
from tests.adapters.portfolio.journal import BELL, DAY, HOUR, fill, quote, taken_back

MONDAY, TUESDAY = BELL.date(), (BELL + DAY).date()
CASH = Decimal(1_000_000)


def position(*trades: tuple[int, str]) -> Position:
    held = Position()
    for shares, price in trades:
        held = traded(held, Decimal(shares), Decimal(price), Decimal("1.00"))
    return held


def after(*fills: BookedFill, cash: Decimal = CASH) -> Account:
    account = with_cash(cash)
    for number, one in enumerate(fills, start=1):
        account = booked(account, replace(one, seq=number))
    return account


@pytest.mark.parametrize(
    ("trades", "qty", "average_cost", "realised"),
    [
        ([(100, "10.00"), (50, "13.00")], "150", "11.000000", "0"),
        ([(100, "10.00"), (-40, "12.00")], "60", "10.000000", "80.00"),
        ([(100, "10.00"), (-100, "9.00")], "0", None, "-100.00"),
        ([(-100, "10.00"), (-50, "7.00")], "-150", "9.000000", "0"),
        ([(-100, "10.00"), (40, "8.00")], "-60", "10.000000", "80.00"),
        ([(100, "10.00"), (-150, "12.00")], "-50", "12.000000", "200.00"),
        ([(-100, "10.00"), (150, "12.00")], "50", "12.000000", "-200.00"),
        ([(3, "10.00"), (-1, "11.00"), (-1, "11.00"), (-1, "11.00")], "0", None, "3.00"),
    ],
    ids=[
        "two buys",
        "part sold",
        "all sold",
        "two short sales",
        "part covered",
        "sold through",
        "bought through",
        "thirds",
    ],
)
def test_cost_and_profit_of_trades(
    trades: list[tuple[int, str]], qty: str, average_cost: str | None, realised: str
) -> None:
    held = position(*trades)
    assert (held.qty, held.realised, held.fees) == (Decimal(qty), Decimal(realised), len(trades))
    assert held.average_cost == (None if average_cost is None else Decimal(average_cost))


def test_commissions_are_in_fees_and_in_neither_cost_nor_profit() -> None:
    account = after(fill(100, "10.00", commission=Decimal("1.50")))
    assert (account.fees, account.realised, account.unrealised) == (Decimal("1.50"), 0, 0)
    assert account.equity == CASH - Decimal("1.50")


def test_a_position_is_marked_at_the_middle_of_bid_and_ask() -> None:
    spread = quote("IBM", "20.00").model_copy(update={"ask": Decimal("20.01")})
    account = followed(after(fill(100, "10.00")), BELL, MONDAY, True, [spread])
    assert account.market_values == {"IBM": Decimal("2000.500")}


def test_a_fill_without_a_quote_is_worth_its_price() -> None:
    assert after(fill(100, "10.00")).equity == CASH


def test_a_quoted_symbol_keeps_its_mark_when_it_fills() -> None:
    quoted = followed(with_cash(CASH), BELL, MONDAY, True, [quote("IBM", "11.00")])
    assert booked(quoted, fill(100, "10.00")).equity == CASH + 100


def test_short_positions_count_in_full_in_the_gross_exposure() -> None:
    figures = figures_of(after(fill(10, "100.00"), fill(-5, "100.00", "FB")))
    assert (figures.gross_exposure, figures.market_value) == (1500, 500)
    assert (figures.gross_exposure_pct, figures.net_exposure_pct) == (0.0015, 0.0005)


def test_a_journal_line_is_never_booked_twice() -> None:
    with pytest.raises(ValueError, match="journal line 1 comes after 1"):
        booked(after(fill(1, "1.00")), fill(1, "1.00"))


def test_a_reversal_of_nothing_is_refused() -> None:
    real = after(fill(10, "10.00"))
    with pytest.raises(ValueError, match="takes back no open synthetic fill"):
        booked(real, fill(10, "10.00", seq=2, kind="reversal"))


def test_a_synthetic_fill_is_taken_back_once() -> None:
    stand_in = fill(10, "10.00", kind="synthetic")
    with pytest.raises(ValueError, match="takes back no open synthetic fill"):
        after(stand_in, taken_back(stand_in), taken_back(stand_in))


def test_a_sale_out_of_shares_that_never_came_keeps_its_own_profit() -> None:
    stand_in = fill(50, "20.00", kind="synthetic")
    account = after(fill(100, "10.00"), stand_in, fill(-100, "15.00"), taken_back(stand_in))
    assert account.positions["IBM"] == Position(Decimal(0), Decimal(0), Decimal("500.00"), Decimal(0))


def test_a_session_opens_with_the_equity_at_its_first_quotes() -> None:
    account = followed(after(fill(100, "10.00")), BELL, MONDAY, True, [quote("IBM", "11.00")])
    assert (account.session, account.opened_with) == (MONDAY, CASH + 100)
    later = followed(account, BELL + HOUR, MONDAY, False, [quote("IBM", "9.00")])
    assert (later.opened_with, later.session_low) == (CASH + 100, CASH - 100)


def test_the_opening_quotes_count_even_when_a_run_starts_just_before_them() -> None:
    held = after(fill(100, "10.00"))
    started = followed(held, BELL - timedelta(seconds=20), MONDAY, False, [quote("IBM", "12.00")])
    opened = followed(started, BELL, MONDAY, True, [quote("IBM", "11.00")])
    assert opened.opened_with == CASH + 100


def test_an_opening_step_that_is_repeated_after_its_fills_changes_nothing() -> None:
    quotes = [quote("IBM", "10.00")]
    opened = followed(with_cash(CASH), BELL, MONDAY, True, quotes)
    filled = booked(opened, fill(100, "12.00"))
    assert followed(filled, BELL, MONDAY, True, quotes).opened_with == CASH


def test_quotes_older_than_the_last_change_nothing() -> None:
    account = followed(after(fill(100, "10.00")), BELL, MONDAY, True, [quote("IBM", "11.00")])
    assert followed(account, BELL - HOUR, MONDAY, False, [quote("IBM", "1.00")]) == account


def test_the_lowest_equity_counts_the_cost_of_fills_and_a_fall_between_them() -> None:
    account = followed(with_cash(CASH), BELL, MONDAY, True, [quote("IBM", "10.00")])
    account = booked(account, fill(100, "11.00", commission=Decimal(5)))
    assert account.session_low == CASH - 105
    risen = followed(account, BELL + HOUR, MONDAY, False, [quote("IBM", "12.00")])
    assert (risen.session_low, risen.equity) == (CASH - 105, CASH + 95)


def test_replacing_a_synthetic_fill_is_no_drawdown() -> None:
    stand_in = fill(100, "10.00", kind="synthetic")
    account = booked(followed(with_cash(CASH), BELL, MONDAY, True, [quote("IBM", "10.00")]), stand_in)
    account = followed(account, BELL + HOUR, MONDAY, False, [quote("IBM", "20.00")])
    account = booked(account, taken_back(stand_in, seq=2))
    account = booked(account, fill(100, "10.00", seq=3))
    account = followed(account, BELL + 2 * HOUR, MONDAY, False, [quote("IBM", "20.00")])
    assert account.session_low == CASH


def test_a_new_session_counts_its_own_profit_and_low() -> None:
    account = followed(with_cash(CASH), BELL, MONDAY, True, [quote("IBM", "10.00")])
    account = booked(booked(account, fill(100, "10.00")), fill(-50, "8.00", seq=2))
    account = followed(account, BELL + DAY, TUESDAY, True, [quote("IBM", "9.00")])
    assert (account.realised_before, account.opened_with) == (-100, CASH - 150)
    assert account.session_low == CASH - 150


SYMBOLS = st.sampled_from(["IBM", "FB"])
PRICES = st.decimals("0.01", "9999.99", places=2)
FILLS = st.builds(
    fill,
    st.integers(-999, 999).filter(bool),
    PRICES.map(str),
    SYMBOLS,
    commission=st.decimals("0", "99.99", places=2),
    kind=st.sampled_from(["fill", "fill", "synthetic"]),
)
QUOTES = st.tuples(SYMBOLS, PRICES)
BACK = st.integers(0, 5)
HAPPENINGS = st.lists(st.one_of(FILLS, QUOTES, BACK), max_size=30)


class Checked:
    """An account beside the plainest bookkeeping there is: sums of signed trades."""

    def __init__(self) -> None:
        self.account = with_cash(CASH)
        self.cash, self.fees, self.number = CASH, Decimal(0), 0
        self.shares: dict[str, Decimal] = {"IBM": Decimal(0), "FB": Decimal(0)}
        self.open: list[BookedFill] = []

    def take(self, happening: Any) -> None:
        if isinstance(happening, BookedFill):
            self._book(happening, 1)
        elif isinstance(happening, tuple):
            self._quote(*happening)
        elif self.open:
            stand_in = self.open.pop(happening % len(self.open))
            self._book(taken_back(stand_in), -1)

    def _book(self, one: BookedFill, times: int) -> None:
        self.number += 1
        if one.kind != "reversal":
            one = replace(one, execution_id=str(self.number))
        self.account = booked(self.account, replace(one, seq=self.number))
        shares = (one.qty if one.side == "BUY" else -one.qty) * times
        self.shares[one.symbol] += shares
        self.cash -= shares * one.price + one.commission * times
        self.fees += one.commission * times
        self.open += [one] if one.kind == "synthetic" else []

    def _quote(self, symbol: str, mid: Decimal) -> None:
        self.number += 1
        at = BELL + self.number * HOUR
        quotes = [quote(symbol, str(mid))]
        self.account = followed(self.account, at, at.date(), False, quotes)


@settings(max_examples=150)
@given(HAPPENINGS)
def test_equity_is_starting_cash_with_profit_less_fees_to_the_last_digit(happenings: list[Any]) -> None:
    book = Checked()
    for happening in happenings:
        book.take(happening)
        one = book.account
        assert one.equity == one.cash + one.market_value
        assert one.equity == one.starting_cash + one.realised + one.unrealised - one.fees
        assert (one.cash, one.fees) == (book.cash, book.fees)
        assert {symbol: held.qty for symbol, held in one.positions.items() if held.qty} == {
            symbol: qty for symbol, qty in book.shares.items() if qty
        }
        assert all(held.cost == 0 for held in one.positions.values() if not held.qty)
        assert one.session_low <= min(one.opened_with, one.equity)


@settings(max_examples=80)
@given(HAPPENINGS, FILLS)
def test_a_synthetic_fill_that_is_taken_back_at_once_was_never_there(
    happenings: list[Any], stand_in: BookedFill
) -> None:
    book = Checked()
    for happening in happenings:
        book.take(happening)
    before = book.account
    told = replace(stand_in, seq=1000, kind="synthetic", execution_id="stand-in")
    account = booked(booked(before, told), taken_back(told, seq=1001))
    assert account.cash == before.cash
    assert account.positions[stand_in.symbol] == before.positions.get(stand_in.symbol, Position())


@settings(max_examples=80)
@given(HAPPENINGS, st.integers(0, 30))
def test_an_account_comes_back_from_its_json_exactly_at_any_point(happenings: list[Any], cut: int) -> None:
    whole, resumed = Checked(), Checked()
    for number, happening in enumerate(happenings):
        if number == cut:
            resumed.account = account_from_state(json.loads(json.dumps(state_of(resumed.account))))
        whole.take(happening)
        resumed.take(happening)
    assert resumed.account == whole.account
    assert json.dumps(state_of(resumed.account)) == json.dumps(state_of(whole.account))


def test_no_equity_no_share_of_it() -> None:
    figures = figures_of(with_cash(Decimal(0)))
    assert figures.gross_exposure_pct is None
    assert figures.daily_drawdown_pct is None


def test_a_state_that_lacks_something_is_refused() -> None:
    with pytest.raises(KeyError, match="applied"):
        account_from_state(
            {key: value for key, value in state_of(with_cash(CASH)).items() if key != "applied"}
        )
