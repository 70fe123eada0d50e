"""Which differences between the broker's account and our books call for which repair."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from adapters.execution.lifecycle import Happened, Happening, Order, after, created
from adapters.execution.reconciliation.compare import (
    QUIET,
    Adopt,
    Ask,
    Books,
    CashOff,
    Freeze,
    Repair,
    Tell,
    adopted,
    compared,
)
from adapters.ports import BrokerAccount, BrokerOrder
from policy.order_contracts import OrderState
from tests.adapters.execution.order_events import (
    CANCEL_REQUEST,
    LATER,
    NEW_ORDER,
    REACHED,
    SEND,
    TIMEOUT,
    ack,
    booked_cash,
    booked_position,
    fill,
    lived,
    seen,
    word,
)

CASH = Decimal("1000000.00")
SENT = (SEND, ack(1))
HALF = seen(OrderState.PARTIALLY_FILLED, 4, "400.00", "1.00", sequence=2)


def repairs(
    *orders: Order,
    views: tuple[BrokerOrder, ...] = (),
    ours: Mapping[str, int] | None = None,
    theirs: Mapping[str, int] | None = None,
    missing_cash: str = "0",
    after_noon: timedelta = timedelta(minutes=5),
) -> list[Repair]:
    positions = {symbol: Decimal(qty) for symbol, qty in (theirs or {}).items()}
    account = BrokerAccount(views, positions, CASH - Decimal(missing_cash))
    held = {symbol: Decimal(qty) for symbol, qty in (ours or {}).items()}
    return list(compared(Books(orders, held, CASH), account, NEW_ORDER.created_at + after_noon).repairs)


def test_equal_books_need_no_repair() -> None:
    order = lived(*SENT, fill("e1", 4, sequence=2))
    assert repairs(order, views=(HALF,), ours={"AAPL": 4}, theirs={"AAPL": 4}) == []


def test_a_fill_that_never_came_is_told_by_the_brokers_view() -> None:
    (tell,) = repairs(lived(*SENT), views=(HALF,), theirs={"AAPL": 4}, missing_cash="401.00")
    assert isinstance(tell, Tell)
    step = after(tell.order, tell.happened)
    assert (step.order.state, step.order.cum_qty) == (OrderState.PARTIALLY_FILLED, Decimal(4))
    again = replace(step.order, updated_at=NEW_ORDER.created_at)
    assert repairs(again, views=(HALF,), ours={"AAPL": 4}, theirs={"AAPL": 4}) == []


@pytest.mark.parametrize("state", [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED])
def test_an_end_that_was_never_told_is_found(state: OrderState) -> None:
    (tell,) = repairs(lived(*SENT), views=(seen(state, sequence=2),))
    assert isinstance(tell, Tell)
    assert after(tell.order, tell.happened).order.state is state


def test_a_lost_acknowledgement_is_found() -> None:
    (tell,) = repairs(lived(SEND), views=(seen(OrderState.ACCEPTED),))
    assert isinstance(tell, Tell)
    assert after(tell.order, tell.happened).order.state is OrderState.ACCEPTED


def test_an_order_is_matched_by_the_brokers_id_before_our_own() -> None:
    other = UUID(int=7)
    by_broker = replace(HALF, client_order_id=other)
    (tell,) = repairs(lived(*SENT), views=(by_broker,))
    assert isinstance(tell, Tell)
    by_ours = replace(HALF, external_order_id="B-9")
    (tell,) = repairs(lived(SEND), views=(by_ours,))
    assert isinstance(tell, Tell)
    assert repairs(lived(SEND), views=(replace(by_broker, external_order_id="B-9"),))[-1] == Adopt(
        replace(by_broker, external_order_id="B-9")
    )


@pytest.mark.parametrize("state", list(OrderState))
def test_the_broker_is_asked_for_every_working_order_that_its_account_lacks(state: OrderState) -> None:
    order = lived(*REACHED[state])
    held = {"AAPL": int(order.cum_qty)}
    expected = [Ask(order)] if order.is_working else []
    assert repairs(order, ours=held, theirs=held) == expected


def test_an_order_with_a_young_event_is_left_alone_and_so_is_its_symbol() -> None:
    order = lived(*SENT)  # its last event came two seconds after noon
    young = timedelta(seconds=2) + QUIET
    just_before = young - timedelta(microseconds=1)
    for views in ((), (HALF,)):
        assert repairs(order, views=views, theirs={"AAPL": 4}, after_noon=just_before) == []
        assert len(repairs(order, views=views, theirs={"AAPL": 4}, after_noon=young)) == 1


def test_a_position_that_no_order_explains_freezes_its_symbol() -> None:
    books = {"ours": {"AAPL": 4, "IBM": 1}, "theirs": {"AAPL": 5, "MSFT": 2}}
    assert repairs(**books) == [
        Freeze("AAPL", Decimal(4), Decimal(5)),
        Freeze("IBM", Decimal(1), Decimal(0)),
        Freeze("MSFT", Decimal(0), Decimal(2)),
    ]


def test_a_symbol_is_not_frozen_while_an_order_may_explain_it() -> None:
    books = {"ours": {"IBM": 1}, "theirs": {"AAPL": 4}}
    found = repairs(lived(*SENT), views=(HALF,), **books)
    assert [type(one) for one in found] == [Tell, Freeze]
    assert found[-1] == Freeze("IBM", Decimal(1), Decimal(0))


def test_cash_is_compared_only_when_no_order_moves() -> None:
    assert repairs(missing_cash="0.01") == [CashOff(CASH, CASH - Decimal("0.01"))]
    assert [type(one) for one in repairs(lived(*SENT), missing_cash="0.01")] == [Ask]
    settled = lived(*SENT, word(Happening.CANCELLED))
    assert [type(one) for one in repairs(settled, missing_cash="0.01")] == [CashOff]


def test_an_order_that_only_the_broker_has_is_adopted_with_what_it_filled() -> None:
    assert repairs(views=(HALF,), theirs={"AAPL": 4}) == [Adopt(HALF)]
    order = adopted(HALF, NEW_ORDER.order_id, "EXTERNAL", LATER)
    first = created(order, "reconciliation")
    step = after(first.order, Happened(Happening.FOUND, LATER, "reconciliation", seen=HALF))
    assert (step.order.state, step.order.purpose) == (OrderState.PARTIALLY_FILLED, "external")
    assert (booked_position([step]), booked_cash([step])) == (Decimal(4), Decimal("401.00"))
    assert repairs(step.order, views=(HALF,), ours={"AAPL": 4}, theirs={"AAPL": 4}) == []


def test_a_wanted_cancel_goes_out_when_the_account_shows_the_order_working() -> None:
    order = lived(SEND, TIMEOUT, CANCEL_REQUEST)
    (tell,) = repairs(order, views=(seen(OrderState.ACCEPTED),))
    assert isinstance(tell, Tell)
    assert after(tell.order, tell.happened).send_cancel


def test_an_oddity_is_told_once() -> None:
    order = lived(*SENT)
    other = seen(OrderState.ACCEPTED, symbol="IBM")
    (tell,) = repairs(order, views=(other,))
    assert isinstance(tell, Tell)
    marked = after(tell.order, tell.happened).order
    assert marked.anomalies == ("other-terms",)
    assert repairs(marked, views=(other,)) == []
