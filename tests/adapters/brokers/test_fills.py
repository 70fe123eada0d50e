"""Fills: at the next quote, at the far side, within the volume, never beyond a limit, at a stated cost."""

from decimal import Decimal

import pytest

from adapters.brokers.paper.models import Commission, Models, Slippage
from adapters.market.path import CENT
from policy.order_contracts import OrderState
from tests.adapters.brokers.trading import PLENTY, Pit, filled, moment_at, number, quote, ticket

DEEP = Models(slippage=Slippage(Decimal(0)))


@pytest.fixture
def plain(store) -> Pit:
    """Without slippage, so that prices are the quotes'."""
    opened = Pit(store, models=DEEP)
    opened.step("open", quote())
    return opened


def test_an_order_never_fills_at_the_quote_that_the_decision_saw(pit: Pit) -> None:
    pit.submit(ticket())
    assert pit.step("open", quote()) is False
    assert pit.words() == ["accepted"]
    pit.step("morning", quote(bid="101.90", ask="102.00"))
    ((_, price, _),) = filled(pit.news())
    assert price > Decimal("102.00")


def test_an_order_that_comes_in_between_clock_and_quotes_waits_for_the_next(pit: Pit) -> None:
    """The clock jumps first: an order of that time is none the step's quotes may fill."""
    pit.submit(ticket(1))
    pit.clock.jump(moment_at("morning"))
    pit.submit(ticket(2))
    pit.step("morning", quote())
    assert [message.client_order_id for message in pit.news()] == [number(1), number(2), number(1)]
    pit.step("midday", quote())
    assert [message.client_order_id for message in pit.news()] == [number(2)]


@pytest.mark.parametrize(("side", "price"), [("BUY", "100.00"), ("SELL", "99.90")])
def test_buys_pay_the_ask_and_sells_get_the_bid(plain: Pit, side: str, price: str) -> None:
    plain.submit(ticket(1))
    plain.step("morning", quote())
    plain.submit(ticket(2, side))
    plain.news()
    plain.step("midday", quote())
    plain.submit(ticket(3, "BUY"))
    plain.step("afternoon", quote())
    told = {message.client_order_id: message.price for message in plain.broker.heard(0) if message.price}
    assert told[number(2)] == Decimal(price)


def test_a_symbol_that_is_not_quoted_does_not_trade(pit: Pit) -> None:
    pit.submit(ticket())
    pit.step("morning", quote("MSFT"))
    assert pit.words() == ["accepted"]
    pit.step("midday", quote())
    assert pit.words() == ["filled"]


@pytest.mark.parametrize("senseless", [("100.10", "100.00"), ("0", "100.00")])
def test_a_senseless_quote_fills_nothing(pit: Pit, senseless: tuple[str, str]) -> None:
    pit.submit(ticket())
    pit.step("morning", quote("IBM", *senseless))
    assert pit.words() == ["accepted"]


def test_a_fill_takes_at_most_its_share_of_the_volume_and_the_rest_goes_on(plain: Pit) -> None:
    plain.submit(ticket(qty=100))
    plain.step("morning", quote(), volume=Decimal(409))
    order = plain.broker.order(number(1))
    assert order is not None
    assert (order.state, order.cum_qty) == (OrderState.PARTIALLY_FILLED, 40)
    plain.step("midday", quote(), volume=Decimal(9))  # less than ten: one share still trades
    plain.step("afternoon", quote(), volume=Decimal(1000))
    assert [qty for qty, _, _ in filled(plain.news())] == [40, 1, 59]


def test_orders_share_the_volume_of_a_step_oldest_first(plain: Pit) -> None:
    for order in (1, 2, 3):
        plain.submit(ticket(order, qty=30))
    plain.step("morning", quote(), volume=Decimal(500))
    quantities = [plain.broker.order(number(order)).cum_qty for order in (1, 2, 3)]
    assert quantities == [30, 20, 0]


def test_a_limit_is_not_reached_until_the_quote_is_there(plain: Pit) -> None:
    plain.submit(ticket(limit="99.50"))
    plain.step("morning", quote(bid="99.41", ask="99.51"))
    assert plain.words() == ["accepted"]
    plain.step("midday", quote(bid="99.40", ask="99.50"))
    assert filled(plain.news()) == [(100, Decimal("99.50"), Decimal("1.00"))]


@pytest.mark.parametrize(
    ("side", "limit", "worst"), [("BUY", "100.01", "100.01"), ("SELL", "99.89", "99.89")]
)
def test_slippage_never_goes_beyond_the_limit(store, side: str, limit: str, worst: str) -> None:
    pit = Pit(store, models=Models(slippage=Slippage(Decimal(100))))
    pit.step("open", quote())
    pit.submit(ticket(1))
    pit.step("morning", quote())
    pit.submit(ticket(2, side, qty=50, limit=limit))
    pit.news()
    pit.step("midday", quote(), volume=Decimal(500))
    assert filled(pit.news()) == [(50, Decimal(worst), Decimal("1.00"))]


def test_slippage_grows_with_the_root_of_what_is_taken() -> None:
    wide = quote(bid="99.00", ask="101.00")
    prices = [Slippage().price("BUY", wide, Decimal(qty), Decimal(10_000)) for qty in (1, 100, 400, 2500)]
    assert prices == [Decimal(text) for text in ("101.01", "101.10", "101.20", "101.50")]


def test_slippage_is_rounded_against_the_order_to_the_cent() -> None:
    narrow = quote(bid="99.99", ask="100.00")
    assert Slippage().price("BUY", narrow, Decimal(1), PLENTY) == Decimal("100.01")
    assert Slippage().price("SELL", narrow, Decimal(1), PLENTY) == Decimal("99.98")
    penny = quote(bid="0.01", ask="0.02")
    assert Slippage().price("SELL", penny, Decimal(1), Decimal(10)) == CENT


@pytest.mark.parametrize(
    ("qty", "price", "dollars"),
    [
        (100, "25", "1.00"),
        (1000, "25", "5.00"),
        (1000, "0.25", "2.50"),
        (10, "0.20", "0.02"),
        (201, "100", "1.01"),
    ],
    ids=["minimum", "by the share", "at most 1 %", "1 % below the minimum", "half a cent up"],
)
def test_commission_is_as_published(qty: int, price: str, dollars: str) -> None:
    assert Commission().of(Decimal(qty), qty * Decimal(price)) == Decimal(dollars)


def test_an_order_pays_the_minimum_once_however_many_fills_it_takes(plain: Pit) -> None:
    plain.submit(ticket(qty=300))
    for moment in ("morning", "midday", "afternoon"):
        plain.step(moment, quote(), volume=Decimal(1000))
    assert [commission for _, _, commission in filled(plain.news())] == [
        Decimal("1.00"),
        Decimal("0.00"),
        Decimal("0.50"),
    ]


def test_what_is_not_filled_by_the_close_expires_after_the_closing_fills(plain: Pit) -> None:
    plain.submit(ticket(1, qty=100))
    plain.submit(ticket(2, limit="50.00"))
    plain.step("late", quote(), volume=Decimal(400))
    plain.step("close", quote(), volume=Decimal(300))
    assert plain.words() == ["accepted", "accepted", "filled", "filled", "expired", "expired"]
    half, untouched = (plain.broker.order(number(order)) for order in (1, 2))
    assert (half.state, half.cum_qty) == (OrderState.EXPIRED, 70)
    assert (untouched.state, untouched.cum_qty) == (OrderState.EXPIRED, 0)


def test_an_order_whose_close_was_never_seen_does_not_trade_the_next_day(plain: Pit) -> None:
    plain.submit(ticket())
    plain.step("open", quote(), day=1)
    assert plain.words() == ["accepted", "expired"]


def test_cancelling_ends_what_is_left(plain: Pit) -> None:
    plain.submit(ticket())
    plain.step("morning", quote(), volume=Decimal(400))
    plain.broker.cancel(number(1))
    plain.step("midday", quote())
    assert plain.words() == ["accepted", "filled", "cancelled"]
    order = plain.broker.order(number(1))
    assert (order.state, order.cum_qty) == (OrderState.CANCELLED, 40)


def test_cancelling_what_has_ended_is_rejected_and_changes_nothing(plain: Pit) -> None:
    plain.submit(ticket())
    plain.step("morning", quote())
    plain.broker.cancel(number(1))
    answer = plain.news()[-1]
    assert (answer.word, answer.reason) == ("cancel-rejected", "the order is FILLED already")
    assert plain.broker.order(number(1)).state is OrderState.FILLED
