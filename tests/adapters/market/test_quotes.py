"""Quotes: a stated path through each bar, a stated spread, never from the future."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market.board import QuoteBoard
from adapters.market.calendar import TradingCalendar
from adapters.market.path import bid_and_ask, half_spreads, mid_price
from adapters.market.steps import start_step, steps
from adapters.market.tape import Tape
from policy.contracts import Bar

OPEN = datetime(2012, 6, 20, 13, 30, tzinfo=UTC)
CLOSE = datetime(2012, 6, 20, 20, 0, tzinfo=UTC)
DAY = date(2012, 6, 20)


def _bar(open_: str, high: str, low: str, close: str, volume: int = 1_000_000) -> Bar:
    return Bar(
        symbol="X",
        open=Decimal(open_),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=volume,
        opened_at=OPEN,
        closed_at=CLOSE,
    )


RISING = _bar("10", "13", "9", "12")
FALLING = _bar("12", "13", "9", "10")


@pytest.mark.parametrize(
    ("bar", "path"), [(RISING, ["10", "9", "13", "12"]), (FALLING, ["12", "13", "9", "10"])]
)
def test_the_path_turns_at_the_bar_s_own_prices(bar: Bar, path: list[str]) -> None:
    turns = [Decimal(0), Decimal("0.3"), Decimal("0.7"), Decimal(1)]
    assert [mid_price(bar, turn) for turn in turns] == [Decimal(price) for price in path]


def test_the_path_is_straight_between_turns() -> None:
    assert mid_price(RISING, Decimal("0.5")) == Decimal(11)
    assert mid_price(RISING, Decimal("0.15")) == Decimal("9.5")


@given(
    mid=st.decimals(min_value="0.01", max_value="5000", places=4),
    spread=st.decimals(min_value=0, max_value="0.005", places=6),
)
def test_bid_and_ask_are_cents_around_the_mid_and_never_cross(mid: Decimal, spread: Decimal) -> None:
    bid, ask = bid_and_ask(mid, spread)
    assert Decimal("0.01") <= bid < ask
    assert bid == bid.quantize(Decimal("0.01"))
    assert ask == ask.quantize(Decimal("0.01"))
    assert ask >= mid * (1 + spread)


def test_a_symbol_that_trades_less_has_a_wider_spread() -> None:
    deep, thin = [_bar("10", "13", "9", "12", volume) for volume in (100_000_000, 100_000)]
    assert half_spreads([deep] * 3)[2] < half_spreads([thin] * 3)[2]


def test_a_session_s_spread_does_not_know_its_own_volume() -> None:
    before = [RISING] * 3
    quiet, busy = _bar("10", "13", "9", "12", 1), _bar("10", "13", "9", "12", 10**10)
    assert half_spreads([*before, quiet]) == half_spreads([*before, busy])


def test_the_spread_looks_back_over_twenty_bars_and_no_further() -> None:
    old, usual = _bar("10", "13", "9", "12", 10**10), RISING
    assert half_spreads([old] + [usual] * 21)[-1] == half_spreads([usual] * 22)[-1]
    assert half_spreads([old] + [usual] * 20)[-1] != half_spreads([usual] * 21)[-1]


def test_a_quote_in_a_session_is_of_the_time_asked_for(tape: Tape) -> None:
    at = datetime(2012, 6, 20, 15, 0, 0, 123456, tzinfo=UTC)
    quotes = [tape.quote_at(symbol, at) for symbol in tape.symbols]
    assert [quote and quote.at for quote in quotes] == [at] * 5


def test_a_quote_outside_sessions_is_the_last_close_s(
    tape: Tape, bars: Mapping[str, tuple[Bar, ...]]
) -> None:
    quote = tape.quote_at("IBM", datetime(2012, 6, 24, 12, tzinfo=UTC))  # a Sunday
    friday = next(bar for bar in bars["IBM"] if bar.opened_at.date() == date(2012, 6, 22))
    assert quote is not None
    assert quote.at == friday.closed_at
    assert quote.bid <= friday.close <= quote.ask


def test_a_symbol_has_no_quote_before_its_first_bar(tape: Tape) -> None:
    assert tape.quote_at("FB", datetime(2012, 5, 18, 13, 29, tzinfo=UTC)) is None
    assert tape.quote_at("FB", datetime(2012, 5, 18, 13, 30, tzinfo=UTC)) is not None
    assert tape.quote_at("NOPE", OPEN) is None


def test_quotes_stay_within_a_spread_of_the_bar(tape: Tape, bars: Mapping[str, tuple[Bar, ...]]) -> None:
    for bar in bars["GOOG"][::97]:
        for part in range(11):
            at = bar.opened_at + (bar.closed_at - bar.opened_at) * part / 10
            quote = tape.quote_at("GOOG", at)
            assert quote is not None
            assert quote.ask >= bar.low
            assert quote.bid <= bar.high


def test_a_session_has_six_steps_of_fresh_quotes(tape: Tape, calendar: TradingCalendar) -> None:
    played = list(steps(tape, calendar, DAY, DAY))
    assert [step.moment for step in played] == ["open", "morning", "midday", "afternoon", "late", "close"]
    for step in played:
        assert [quote.symbol for quote in step.quotes] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
        assert all(
            timedelta(seconds=1) <= step.at - quote.at <= timedelta(seconds=9) for quote in step.quotes
        )


def test_bars_close_with_the_last_step_alone(tape: Tape, calendar: TradingCalendar) -> None:
    played = list(steps(tape, calendar, DAY, DAY))
    assert [len(step.closed_bars) for step in played] == [0, 0, 0, 0, 0, 5]
    assert played[-1].at == CLOSE


def test_a_half_day_has_all_its_steps_before_one_in_new_york(tape: Tape, calendar: TradingCalendar) -> None:
    day = date(2012, 11, 23)
    played = list(steps(tape, calendar, day, day))
    assert len(played) == 6
    assert played[-1].at == datetime(2012, 11, 23, 18, tzinfo=UTC)
    assert played[-2].at == datetime(2012, 11, 23, 17, 50, tzinfo=UTC)


def test_going_on_after_a_step_gives_exactly_the_rest(tape: Tape, calendar: TradingCalendar) -> None:
    whole = list(steps(tape, calendar, DAY, date(2012, 6, 22)))
    for done in (0, 5, 9):
        rest = list(steps(tape, calendar, DAY, date(2012, 6, 22), after=whole[done].at))
        assert rest == whole[done + 1 :]


def test_withheld_quotes_are_missing_and_nothing_else_changes(tape: Tape, calendar: TradingCalendar) -> None:
    whole = list(steps(tape, calendar, DAY, DAY))
    holed = list(
        steps(
            tape, calendar, DAY, DAY, withheld=lambda symbol, _, moment: (symbol, moment) == ("IBM", "late")
        )
    )
    missing = [
        quote
        for one, other in zip(whole, holed, strict=True)
        for quote in set(one.quotes) - set(other.quotes)
    ]
    assert [quote.symbol for quote in missing] == ["IBM"]
    assert whole[:4] == holed[:4]


def test_starting_at_a_time_shows_every_symbol_as_of_it(tape: Tape, calendar: TradingCalendar) -> None:
    at = datetime(2012, 6, 20, 18, 15, tzinfo=UTC)
    first = start_step(tape, calendar, at)
    assert (first.at, first.moment, first.session) == (at, "start", DAY)
    assert [(quote.symbol, quote.at) for quote in first.quotes] == [(symbol, at) for symbol in tape.symbols]


@pytest.mark.parametrize("year", [1999, 2013, 2020])
def test_starting_outside_the_bars_is_refused_with_the_days_there_are(
    tape: Tape, calendar: TradingCalendar, year: int
) -> None:
    with pytest.raises(ValueError, match="choose a day from 2000-03-01 to 2013-03-01"):
        start_step(tape, calendar, datetime(year, 6, 20, 15, tzinfo=UTC))


def test_starting_before_anything_traded_is_refused(tape: Tape, calendar: TradingCalendar) -> None:
    with pytest.raises(ValueError, match="choose a later time"):
        start_step(tape, calendar, datetime(2000, 3, 1, 9, tzinfo=UTC))


def test_a_tape_without_bars_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one symbol"):
        Tape({})


def test_the_board_keeps_what_was_not_quoted_anew(tape: Tape) -> None:
    early, late = OPEN + timedelta(hours=1), OPEN + timedelta(hours=2)
    first, second, newer = tape.quote_at("IBM", early), tape.quote_at("FB", early), tape.quote_at("IBM", late)
    assert first is not None
    assert second is not None
    assert newer is not None
    board = QuoteBoard([first, second])
    board.put([newer])
    assert board.latest("IBM") == newer
    assert board.latest("FB") == second
    assert board.latest("AAPL") is None


def test_a_board_comes_back_from_its_state_exactly(tape: Tape) -> None:
    quotes = [quote for symbol in tape.symbols if (quote := tape.quote_at(symbol, OPEN))]
    board = QuoteBoard.from_state(QuoteBoard(quotes).to_state())
    assert [board.latest(symbol) for symbol in tape.symbols] == quotes
