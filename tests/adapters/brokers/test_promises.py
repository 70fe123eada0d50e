"""What every broker promises behind the house's port, kept by the paper and the sandbox broker alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.ports import BrokerRefused, BrokerSilent
from policy.order_contracts import OrderState
from tests.adapters.brokers.sandbox import Sandbox, sandbox
from tests.adapters.brokers.trading import START, Pit, number, permit, quote, ticket


class PaperUnderTest:
    """The paper broker, whose market trades as much as a test says at the next step."""

    def __init__(self, store: Engine) -> None:
        self.pit = Pit(store)
        self.pit.step("open", quote())
        self._moments = iter(["morning", "midday", "afternoon", "late"])

    @property
    def broker(self) -> Any:
        return self.pit.broker

    def fill(self, _order: int, qty: int) -> None:
        self.pit.step(next(self._moments), quote(), volume=Decimal(10 * qty))

    def restart(self) -> None:
        self.pit.reopen()

    def later(self) -> None:
        """Its news is there at once."""


class SandboxUnderTest:
    """The sandbox broker, whose venue trades when a test says; ``streaming`` or on its lists alone."""

    def __init__(self, box: Sandbox, *, streaming: bool) -> None:
        self.box, self._streaming = box, streaming
        self.restart()

    @property
    def broker(self) -> Any:
        return self.box.broker

    def fill(self, order: int, qty: int) -> None:
        self.box.fill(order, qty)

    def restart(self) -> None:
        self.box.reopen(streaming=self._streaming)

    def later(self) -> None:
        self.box.clock.pass_by(seconds=4)


@contextmanager
def under_test(kind: str, store: Engine) -> Iterator[Any]:
    """The broker of that kind on ``store``."""
    if kind == "paper":
        yield PaperUnderTest(store)
        return
    with sandbox(store) as box:
        yield SandboxUnderTest(box, streaming=kind == "sandbox-streaming")


@pytest.fixture(params=["paper", "sandbox-streaming", "sandbox-polling"])
def desk(request: pytest.FixtureRequest, store: Engine) -> Iterator[Any]:
    """Each broker in turn."""
    with under_test(request.param, store) as opened:
        yield opened


def heard(desk: Any, after: int = 0) -> list[Any]:
    desk.later()
    return list(desk.broker.heard(after))


def words(desk: Any) -> list[str]:
    return [message.word.value for message in heard(desk)]


def submit(desk: Any, *of: Any, **terms: Any) -> None:
    order = ticket(*of, **terms)
    desk.broker.submit(permit(order), order)


def test_an_order_is_acknowledged_filled_and_shown_with_the_totals_of_its_fills(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 100)
    accepted, filled = heard(desk)
    assert (accepted.word, filled.word) == ("accepted", "filled")
    order = desk.broker.order(number(1))
    assert (order.state, order.cum_qty, filled.qty) == (OrderState.FILLED, 100, 100)
    assert order.notional == filled.qty * filled.price
    assert order.external_order_id == accepted.external_order_id == filled.external_order_id


def test_partial_fills_add_up_and_each_has_an_id_of_its_own(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 30)
    shown = desk.broker.order(number(1))
    desk.fill(1, 70)
    fills = [message for message in heard(desk) if message.word == "filled"]
    assert (shown.state, shown.cum_qty) == (OrderState.PARTIALLY_FILLED, 30)
    assert [fill.qty for fill in fills] == [30, 70]
    assert len({fill.execution_id for fill in fills}) == 2
    order = desk.broker.order(number(1))
    assert order.notional == sum(fill.qty * fill.price for fill in fills)
    assert order.commission == sum(fill.commission for fill in fills)


def test_what_happens_later_has_a_higher_sequence(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 30)
    desk.broker.cancel(number(1))
    told = [message.sequence for message in heard(desk)]
    assert told == sorted(set(told))
    assert desk.broker.order(number(1)).sequence >= told[-1]


def test_the_same_order_twice_is_taken_once(desk: Any) -> None:
    for _ in range(2):
        submit(desk, 1, qty=10)
    assert words(desk) == ["accepted"]
    desk.fill(1, 10)
    submit(desk, 1, qty=10)
    assert words(desk) == ["accepted", "filled"]
    assert desk.broker.account(START).positions == {"IBM": Decimal(10)}


def test_messages_are_numbered_and_can_be_heard_again_from_any_number(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 40)
    desk.fill(1, 60)
    messages = heard(desk)
    assert [message.number for message in messages] == [1, 2, 3]
    assert heard(desk, after=2) == messages[2:]
    assert heard(desk, after=3) == []


def test_a_restart_loses_and_doubles_nothing(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 40)
    before = heard(desk)
    desk.restart()
    desk.fill(1, 60)
    after = heard(desk)
    assert after[:2] == before
    assert [message.qty for message in after[1:]] == [40, 60]


def test_a_cancelled_order_ends_with_what_was_filled_until_then(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 40)
    desk.broker.cancel(number(1))
    assert words(desk) == ["accepted", "filled", "cancelled"]
    order = desk.broker.order(number(1))
    assert (order.state, order.cum_qty) == (OrderState.CANCELLED, 40)


def test_cancelling_what_has_ended_is_answered_by_a_message_that_says_so(desk: Any) -> None:
    submit(desk, 1, qty=10)
    desk.fill(1, 10)
    desk.broker.cancel(number(1))
    *_, last = heard(desk)
    assert last.word == "cancel-rejected"
    assert "filled" in last.reason.lower()


def test_an_order_that_never_came_in_is_none_and_cannot_be_cancelled(desk: Any) -> None:
    assert desk.broker.order(number(9)) is None
    expected = BrokerRefused if desk.broker.certain else BrokerSilent
    with pytest.raises(expected):
        desk.broker.cancel(number(9))
    assert heard(desk) == []


@pytest.mark.parametrize(
    "differing", [{"symbol": "NONE"}, {"qty": 0}, {"side": "SELL", "qty": 5}], ids=["symbol", "size", "short"]
)
def test_what_nobody_could_trade_is_refused_or_rejected_and_never_fills(
    desk: Any, differing: dict[str, Any]
) -> None:
    try:
        submit(desk, 1, **differing)
    except BrokerRefused:
        assert heard(desk) == []
    else:
        assert words(desk) == ["rejected"]
    account = desk.broker.account(START)
    assert account.positions == {}
    assert account.cash == Decimal(100_000)


@pytest.mark.parametrize(
    ("differing", "why"),
    [
        ({"symbol": "MSFT"}, "is for another order"),
        ({"side": "SELL"}, "is for another order"),
        ({"qty": Decimal(9)}, "covers 9 shares, not 10"),
        ({"expires_at": START}, "expired"),
    ],
)
def test_an_order_that_its_permit_does_not_cover_is_never_sent(
    desk: Any, differing: dict[str, Any], why: str
) -> None:
    order = ticket(1, qty=10)
    with pytest.raises(ValueError, match=why):
        desk.broker.submit(permit(order, **differing), order)
    assert desk.broker.order(number(1)) is None


def test_the_account_has_working_orders_what_changed_positions_and_cash(desk: Any) -> None:
    submit(desk, 1, qty=100)
    desk.fill(1, 100)
    submit(desk, 2, qty=5, limit="50.00")
    account = desk.broker.account(START)
    states = {order.client_order_id: order.state for order in account.orders}
    assert states == {number(1): OrderState.FILLED, number(2): OrderState.ACCEPTED}
    [bought] = [order for order in account.orders if order.client_order_id == number(1)]
    assert account.positions == {"IBM": Decimal(100)}
    assert account.cash == Decimal(100_000) - bought.notional - bought.commission
    assert account.blocked is None


def test_the_account_leaves_out_what_ended_before_the_time_asked_for(desk: Any) -> None:
    submit(desk, 1, qty=10)
    desk.fill(1, 10)
    submit(desk, 2, qty=5, limit="50.00")
    later = desk.broker.order(number(2)).at + timedelta(hours=6)
    assert [order.client_order_id for order in desk.broker.account(later).orders] == [number(2)]
