"""A price that is far from the last close waits for somebody, a split, or the market coming back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.outcome import Acceptance, Fault
from adapters.market.overrides import Overrides
from policy.contracts import Bar, Quote
from tests.adapters.market.inspection.raw import (
    FRIDAY,
    MONDAY,
    TUESDAY,
    inspection,
    quote_at,
    raw_bar,
    raw_quote,
)


def on(day, bid, ask=None, seconds=0):
    """A quote of AAPL in the middle of the session of ``day``."""
    at = datetime(day.year, day.month, day.day, 16, tzinfo=UTC) + timedelta(seconds=seconds)
    return raw_quote(bid=bid, ask=ask or bid, at=at, received_at=at)


def after_friday(**settings):
    """An inspection that let in a close of 100 on Friday."""
    looked = inspection(**settings)
    looked.bar(raw_bar(FRIDAY, "100.00"))
    return looked


@pytest.mark.parametrize(("bid", "ask"), [("75.00", "125.00"), ("75.00", "75.00"), ("125.00", "125.00")])
def test_a_price_at_the_edge_is_no_jump(bid, ask):
    assert isinstance(after_friday().quote(on(MONDAY, bid, ask)), Quote)


@pytest.mark.parametrize(("bid", "ask"), [("74.99", "100.00"), ("100.00", "125.01"), ("1.00", "900.00")])
def test_either_side_of_a_quote_can_jump(bid, ask):
    looked = after_friday()
    assert looked.quote(on(MONDAY, bid, ask)).fault is Fault.JUMP
    assert looked.held["AAPL"].level == (Decimal(bid) + Decimal(ask)) / 2


def test_a_held_level_waits_until_the_market_comes_back():
    looked = after_friday()
    first, again = on(MONDAY, "50.00"), on(MONDAY, "51.00", seconds=60)
    assert [looked.quote(raw).fault for raw in (first, again)] == [Fault.JUMP, Fault.JUMP]
    assert looked.held["AAPL"].since == first.received_at
    assert looked.held["AAPL"].level == Decimal(51)
    assert isinstance(looked.quote(on(MONDAY, "99.00", seconds=61)), Quote)
    assert not looked.held


def test_a_quote_that_was_put_aside_does_not_make_those_after_it_late():
    looked = after_friday()
    looked.quote(on(MONDAY, "50.00", seconds=60))
    assert isinstance(looked.quote(on(MONDAY, "99.00", seconds=30)), Quote)


def test_an_accepted_level_is_let_in_and_what_it_left_is_a_jump():
    looked = after_friday()
    looked.quote(on(MONDAY, "50.00"))
    looked.accept(Acceptance("AAPL", MONDAY, Decimal(50), "looked it up"))
    assert not looked.held
    assert isinstance(looked.quote(on(MONDAY, "52.00", seconds=1)), Quote)
    assert looked.quote(on(MONDAY, "100.00", seconds=2)).fault is Fault.JUMP
    assert "the accepted level 50" in looked.quote(on(MONDAY, "100.00", seconds=3)).against


def test_an_acceptance_is_of_its_level_and_its_day_and_works_once():
    looked = after_friday()
    looked.accept(Acceptance("AAPL", MONDAY, Decimal(50), "looked it up"))
    assert looked.quote(on(MONDAY, "30.00")).fault is Fault.JUMP
    assert looked.quote(on(TUESDAY, "50.00")).fault is Fault.JUMP
    assert isinstance(looked.quote(on(MONDAY, "50.00", seconds=1)), Quote)
    looked.bar(raw_bar(MONDAY, "50.00"))
    assert isinstance(looked.quote(on(TUESDAY, "51.00")), Quote)
    looked.bar(raw_bar(TUESDAY, "51.00"))
    assert looked.bar(raw_bar(TUESDAY.replace(day=23), "100.00")).fault is Fault.JUMP


def test_the_bar_of_an_accepted_day_is_let_in_with_all_that_it_went_through():
    looked = after_friday(accepted=[Acceptance("AAPL", MONDAY, Decimal(50), "a warning")])
    assert isinstance(looked.quote(on(MONDAY, "55.00")), Quote)
    whole = raw_bar(MONDAY, "50.00", open="90.00", high="95.00", low="40.00")
    assert isinstance(looked.bar(whole), Bar)


def test_a_bar_that_jumps_is_held_and_the_bar_after_it_too():
    looked = after_friday()
    assert looked.bar(raw_bar(MONDAY, "50.00")).fault is Fault.JUMP
    assert looked.held["AAPL"].day == MONDAY
    assert looked.bar(raw_bar(TUESDAY, "50.00")).fault is Fault.JUMP
    assert isinstance(looked.bar(raw_bar(TUESDAY, "100.00")), Bar)
    assert not looked.held


def two_for_one(symbol, after, until):
    return Decimal(2) if symbol == "AAPL" and after < MONDAY <= until else Decimal(1)


def test_a_split_on_record_explains_its_jump_and_makes_one_of_what_ignores_it():
    looked = after_friday(splits=two_for_one)
    assert isinstance(looked.quote(on(MONDAY, "50.00")), Quote)
    assert looked.quote(on(MONDAY, "100.00", seconds=1)).fault is Fault.JUMP
    assert isinstance(looked.bar(raw_bar(MONDAY, "51.00")), Bar)
    assert isinstance(looked.quote(on(TUESDAY, "51.00")), Quote)


def test_without_a_bar_the_first_quote_is_what_others_are_held_against():
    looked = inspection()
    looked.quote(quote_at(0, mid=100))
    found = looked.quote(quote_at(1, mid=60))
    assert found.fault is Fault.JUMP
    assert "the first quote 100" in found.against


def test_without_a_bar_a_restart_holds_what_was_held():
    before = inspection()
    kept = before.quote(quote_at(0, mid=100))
    assert before.quote(quote_at(1, mid=50)).fault is Fault.JUMP
    again = inspection()
    again.recall(quotes=[kept], held=before.held.values())
    assert again.quote(quote_at(2, mid=50)).fault is Fault.JUMP
    assert isinstance(again.quote(quote_at(3, mid=101)), Quote)


def test_after_a_restart_what_an_accepted_level_left_is_a_jump_as_before():
    accepted = Acceptance("AAPL", MONDAY, Decimal(50), "looked it up")
    before = after_friday(accepted=[accepted])
    kept = before.quote(on(MONDAY, "52.00"))
    again = inspection(accepted=[accepted])
    again.recall(quotes=[kept], bars=[inspection().bar(raw_bar(FRIDAY, "100.00"))])
    assert again.quote(on(MONDAY, "100.00", seconds=1)).fault is Fault.JUMP
    assert isinstance(again.quote(on(MONDAY, "51.00", seconds=2)), Quote)


def test_the_bar_of_a_day_that_an_operator_has_closed_since_is_still_the_last_close():
    kept = inspection().bar(raw_bar(FRIDAY, "100.00"))
    closed = TradingCalendar(Overrides({FRIDAY: "a storm"}))
    looked = Inspection(("AAPL",), closed)
    looked.recall(bars=[kept])
    assert looked.quote(on(MONDAY, "50.00")).fault is Fault.JUMP


def test_how_far_is_too_far_can_be_set():
    assert after_friday(jump=Decimal("0.01")).quote(on(MONDAY, "102.00")).fault is Fault.JUMP
    assert isinstance(after_friday(jump=Decimal("0.9")).quote(on(MONDAY, "20.00")), Quote)


def test_the_same_days_give_the_same_outcomes():
    come = [on(MONDAY, price, seconds=place) for place, price in enumerate(("99", "50", "101", "7", "100"))]
    outcomes = [[repr(looked.quote(raw)) for raw in come] for looked in (after_friday(), after_friday())]
    assert outcomes[0] == outcomes[1]
