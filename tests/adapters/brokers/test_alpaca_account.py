"""The sandbox broker's lists and account: followed to the last page, read whole or not at all."""

import pytest

from adapters.ports import BrokerSilent
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.alpaca_stand_in.server import standing_in
from tests.adapters.brokers.sandbox import Sandbox, sandbox
from tests.adapters.brokers.trading import OPENS, START, number, ticket
from tests.policy.parts import StillClock


@pytest.fixture
def box(store):
    """A house that only looks at lists."""
    with sandbox(store) as opened:
        yield opened


def test_lists_are_looked_at_though_the_clock_was_set_back(box):
    box.clock.pass_by(hours=2)
    box.submit(ticket(1, qty=10))
    assert box.words() == ["accepted"]
    box.clock.pass_by(hours=-1)
    box.fill(1, 10)
    assert box.words() == ["filled"]


def test_fills_that_are_listed_late_are_told_once_they_are(box):
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    listed, box.alpaca.account.activities = box.alpaca.account.activities, []
    assert box.words() == ["accepted"]
    with pytest.raises(BrokerSilent, match="filled further than its fills tell"):
        box.broker.order(number(1))
    with pytest.raises(BrokerSilent, match="filled further than its fills tell"):
        box.account()
    box.alpaca.account.activities = listed
    box.clock.pass_by(hours=1)
    assert box.words() == ["filled"]
    assert box.broker.order(number(1)).cum_qty == 10


def test_a_fill_listed_long_after_its_time_is_found_by_its_order(box):
    box.submit(ticket(1, qty=10))
    box.submit(ticket(2, qty=10))
    box.fill(1, 10)
    late, box.alpaca.account.activities = box.alpaca.account.activities, []
    box.clock.pass_by(hours=1)
    box.fill(2, 10)
    assert box.words() == ["accepted", "accepted", "filled"]
    box.clock.pass_by(hours=1)
    box.alpaca.account.activities = [*late, *box.alpaca.account.activities]
    assert box.broker.order(number(1)).cum_qty == 10
    assert [message.client_order_id for message in box.news()] == [number(1)]


def test_long_lists_are_followed_to_their_last_page(store):
    with sandbox(store) as box:
        box.broker._asking.__dict__.update(orders_a_page=3, fills_a_page=2)
        for order in range(8):
            box.submit(ticket(order, qty=10, limit="90.00"))
        last, first = (box.alpaca.account.by_client(str(number(order))) for order in (2, 3))
        first.submitted_at = last.submitted_at  # of one moment, on two pages
        for order in range(5):
            box.fill(order, 10)
        assert len(box.broker._asking.ended_orders(START)) == 5
        account = box.account()
        assert len(account.orders) == 8
        assert sum(order.cum_qty for order in account.orders) == account.positions["IBM"] == 50
        assert box.words().count("filled") == 5


def test_the_account_is_read_whole_or_not_at_all(box):
    box.submit(ticket(1, qty=10))
    box.fill(1, 4)
    for request in ("GET /v2/account", "GET /v2/positions", "GET /v2/orders", "GET /v2/account/activities"):
        for fault in (faults.BROKEN, faults.GARBLED, faults.CUT):
            box.alpaca.script.always = {request: fault}
            with pytest.raises(BrokerSilent):
                box.account()
    box.alpaca.script.always = {}
    account = box.account()
    assert [order.cum_qty for order in account.orders] == [account.positions["IBM"]] == [4]


def test_an_account_that_changes_while_it_is_read_is_read_again(box, monkeypatch):
    box.submit(ticket(1, qty=10))
    read, left = box.broker._asking.positions, [3, 2]
    asking = type(box.broker._asking)

    def trade_meanwhile(_self):
        positions = read()
        if left:
            box.fill(1, left.pop())
        return positions

    monkeypatch.setattr(asking, "positions", trade_meanwhile)
    account = box.account()
    assert account.positions == {"IBM": 5}
    assert [order.cum_qty for order in account.orders] == [5]
    left += [1] * 9
    with pytest.raises(BrokerSilent, match="changed each time"):
        box.account()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"trading_blocked": True}, "trading is blocked"),
        ({"account_blocked": True}, "it is blocked"),
        ({"trade_suspended_by_user": True}, "its owner has suspended trading"),
        ({"status": "ACTION_REQUIRED"}, "its status is ACTION_REQUIRED"),
        ({"currency": "EUR"}, "it is in EUR"),
        ({}, None),
    ],
)
def test_an_account_that_takes_no_orders_says_why(box, flags, why):
    box.alpaca.account.flags = flags
    blocked = box.account().blocked
    assert blocked is None if why is None else why in blocked


def test_what_ended_before_the_account_was_opened_here_is_none_of_the_house_s_business(store):
    clock = StillClock(OPENS)
    with standing_in(clock.now) as alpaca:
        for order in (alpaca.account.enter_elsewhere(symbol="IBM", side="buy", qty=5) for _ in range(2)):
            alpaca.account.fill(order.client_order_id, 5, "100.00")
        clock.pass_by(minutes=1)
        box = Sandbox(store, alpaca, clock)
        assert (box.words(), box.account().orders) == ([], [])
        late = alpaca.account.enter_elsewhere(symbol="IBM", side="sell", qty=5)
        assert [order.external_order_id for order in box.account().orders] == [late.id]


def test_two_orders_under_one_name_are_two_orders_all_the_same(box):
    theirs = [box.alpaca.account.enter_elsewhere(symbol="IBM", side="buy", qty=1) for _ in range(2)]
    theirs[1].client_order_id = theirs[0].client_order_id
    box.news()
    account = box.account()
    assert {order.external_order_id for order in account.orders} == {order.id for order in theirs}
    assert len({order.client_order_id for order in account.orders}) == 2
