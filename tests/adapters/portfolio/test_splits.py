"""Splits: thirteen years of as-traded prices with splits come to the same cent as split-adjusted ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from random import Random

import pytest

from adapters.market.sample import TradedBar, read_traded_bars
from adapters.portfolio.account import Account, booked, followed, with_cash
from adapters.portfolio.splits import split
from tests.adapters.portfolio.journal import BELL, fill, quote

SESSIONS = 3_270
SPLITS = {("AAPL", date(2000, 6, 21)), ("AAPL", date(2005, 2, 28)), ("MSFT", date(2003, 2, 18))}


def held(shares: int, price: str, mark: str) -> Account:
    account = booked(with_cash(Decimal(10_000)), fill(shares, price))
    return followed(account, BELL, BELL.date(), True, [quote("IBM", mark)])


def balances(account: Account) -> bool:
    return account.equity == account.starting_cash + account.realised + account.unrealised - account.fees


def test_a_split_of_whole_shares_moves_no_cent() -> None:
    account = held(100, "30.00", "36.00")
    after = split(account, "IBM", Fraction(3))
    assert (after.positions["IBM"].qty, after.marks["IBM"]) == (300, 12)
    assert (after.positions["IBM"].cost, after.cash, after.equity) == (3000, account.cash, account.equity)


@pytest.mark.parametrize("shares", [101, -101])
def test_half_a_share_is_paid_out_at_the_mark(shares: int) -> None:
    account = held(shares, "10.00", "11.01")
    after = split(account, "IBM", Fraction(1, 2))
    sign = 1 if shares > 0 else -1
    assert (after.positions["IBM"].qty, after.marks["IBM"]) == (sign * 50, Decimal("22.02"))
    assert after.cash - account.cash == sign * Decimal("11.01")
    assert after.positions["IBM"].cost == sign * 1000
    assert after.realised == sign * Decimal("1.01")
    assert after.equity == account.equity
    assert balances(after)


def test_half_a_cent_is_paid_as_a_whole_one() -> None:
    account = held(101, "10.00", "11.005")
    assert split(account, "IBM", Fraction(1, 2)).cash - account.cash == Decimal("11.01")


def test_a_share_that_becomes_a_fraction_is_paid_out_whole() -> None:
    account = held(1, "10.12345678", "10.00")
    after = split(account, "IBM", Fraction(1, 3))
    assert (after.positions["IBM"].qty, after.positions["IBM"].cost) == (0, 0)
    assert after.cash - account.cash == 10
    assert after.market_values == {}


@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(3), Fraction(3, 2), Fraction(1, 7), Fraction(20)])
def test_a_book_balances_after_any_split(ratio: Fraction) -> None:
    dice = Random(f"splits/{ratio}")
    account = held(dice.randint(1, 999), "17.31", "19.77")
    account = booked(account, fill(-dice.randint(1, 999), "18.03", seq=2, commission=Decimal("1.07")))
    after = split(account, "IBM", ratio)
    assert balances(after)
    assert abs(after.equity - account.equity) <= Decimal("0.02")  # a payment and marks, rounded


def test_a_split_of_what_was_never_held_only_moves_its_mark() -> None:
    account = followed(with_cash(Decimal(1)), BELL, BELL.date(), True, [quote("IBM", "8.00")])
    after = split(account, "IBM", Fraction(4))
    assert (after.marks["IBM"], after.positions) == (2, {})
    assert split(account, "FB", Fraction(4)) == account


@pytest.mark.parametrize("ratio", [Fraction(0), Fraction(-2)])
def test_a_split_into_nothing_is_refused(ratio: Fraction) -> None:
    with pytest.raises(ValueError, match="a positive number of new shares"):
        split(held(1, "1.00", "1.00"), "IBM", ratio)


def test_a_split_waits_for_real_fills_to_replace_synthetic_ones() -> None:
    account = booked(with_cash(Decimal(10_000)), fill(10, "10.00", kind="synthetic"))
    with pytest.raises(ValueError, match="reconcile with the broker before the split"):
        split(account, "IBM", Fraction(2))
    assert split(account, "FB", Fraction(2)) == account


@dataclass(frozen=True)
class Trade:
    """What both books do in a session, in shares of that day."""

    shares: int
    commission: Decimal


def trade_of(bar: TradedBar, dice: Random, owned: Decimal) -> Trade | None:
    if dice.random() < 0.8:
        return None
    shares = dice.randint(1, 60) * (-1 if dice.random() < 0.45 else 1)
    return Trade(max(shares, -int(owned)), Decimal(dice.randint(100, 900)) / 100)


def days() -> Iterator[tuple[date, list[TradedBar]]]:
    bars = (bar for bar in read_traded_bars() if bar.symbol in ("AAPL", "IBM", "MSFT"))
    by_day = sorted(bars, key=lambda bar: (bar.session, bar.symbol))
    for day, together in groupby(by_day, key=lambda bar: bar.session):
        yield day, list(together)


class Books:
    """One account on as-traded prices with splits, one on split-adjusted prices, told the same trades."""

    def __init__(self) -> None:
        self.traded = self.adjusted = with_cash(Decimal(1_000_000))
        self.factors: dict[str, int] = {}
        self.splits: set[tuple[str, date]] = set()
        self.trades = 0
        self.dice = Random("thirteen years")

    def play(self, day: date, bars: list[TradedBar]) -> None:
        for bar in bars:
            self._split(bar)
            owned = (
                self.traded.positions[bar.symbol].qty if bar.symbol in self.traded.positions else Decimal(0)
            )
            if (trade := trade_of(bar, self.dice, owned)) is not None and trade.shares:
                self._trade(bar, trade)
        at = datetime.combine(day, time(21), UTC)
        self.traded = followed(self.traded, at, day, True, [quote(b.symbol, str(b.close)) for b in bars])
        adjusted = [quote(b.symbol, str(b.close / b.split_factor)) for b in bars]
        self.adjusted = followed(self.adjusted, at, day, True, adjusted)

    def _split(self, bar: TradedBar) -> None:
        before = self.factors.get(bar.symbol, bar.split_factor)
        self.factors[bar.symbol] = bar.split_factor
        if before != bar.split_factor:
            self.splits.add((bar.symbol, bar.session))
            self.traded = split(self.traded, bar.symbol, Fraction(before, bar.split_factor))

    def _trade(self, bar: TradedBar, trade: Trade) -> None:
        self.trades += 1
        one = fill(trade.shares, str(bar.open), bar.symbol, seq=self.trades, commission=trade.commission)
        self.traded = booked(self.traded, one)
        more = replace(one, qty=one.qty * bar.split_factor, price=one.price / bar.split_factor)
        self.adjusted = booked(self.adjusted, more)


def numbers(account: Account) -> tuple[Decimal, ...]:
    return account.cash, account.equity, account.realised, account.unrealised, account.fees


def test_every_session_of_the_history_balances_with_splits_as_without() -> None:
    books, played = Books(), 0
    for day, bars in days():
        books.play(day, bars)
        played += 1
        assert numbers(books.traded) == numbers(books.adjusted), day
        assert balances(books.traded), day
        for symbol, position in books.traded.positions.items():
            assert position.qty * books.factors[symbol] == books.adjusted.positions[symbol].qty, day
    assert (played, books.splits) == (SESSIONS, SPLITS)
    assert books.trades > 1_000
