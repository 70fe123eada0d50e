"""The sandbox broker's stream and its lists: together they tell each thing once; neither is trusted alone."""

import json
import time

import pytest

from adapters.brokers.alpaca.stream import LISTENING
from adapters.ports import BrokerSilent
from policy.order_contracts import OrderState
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.alpaca_stand_in.server import standing_in
from tests.adapters.brokers.sandbox import Sandbox, sandbox
from tests.adapters.brokers.trading import OPENS, number, ticket
from tests.policy.parts import StillClock


@pytest.fixture
def box(store):
    with sandbox(store) as opened:
        opened.reopen(streaming=True)
        yield opened


def shares(box):
    return [message.qty for message in box.broker._journal.after(0) if message.word == "filled"]


def test_the_stream_tells_what_the_lists_tell_later_and_each_once(box):
    box.submit(ticket(1, qty=10))
    box.fill(1, 4)
    box.fill(1, 6)
    assert [message.word.value for message in box.told(3)] == ["accepted", "filled", "filled"]
    assert box.words() == ["accepted", "filled", "filled"]
    assert box.words() == []


@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
def test_binary_and_text_frames_are_read(box, text):
    box.alpaca.stream.text_frames = text
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    assert len(box.told(2)) == 2


def test_everything_told_twice_counts_once(box):
    box.alpaca.stream.twice = True
    box.submit(ticket(1, qty=10))
    box.fill(1, 4)
    box.fill(1, 6)
    box.told(3)
    assert box.words() == ["accepted", "filled", "filled"]


def test_a_stream_out_of_order_waits_for_the_list_where_it_skips(box):
    box.alpaca.stream.holds = True
    box.submit(ticket(1, qty=10))
    for qty in (2, 3, 5):
        box.fill(1, qty)
    box.alpaca.stream.release(backwards=True)
    box.until(lambda: 2 in shares(box))
    assert box.words()[0] == "accepted"
    assert sorted(shares(box)) == [2, 3, 5]
    assert box.broker.order(number(1)).state is OrderState.FILLED


def test_what_a_mute_stream_does_not_tell_comes_from_the_lists(box):
    box.alpaca.stream.mute = True
    box.submit(ticket(1, qty=10))
    box.fill(1, 4)
    box.broker.cancel(number(1))
    assert box.words() == ["accepted", "filled", "cancelled"]


def test_a_stream_that_breaks_off_comes_back_and_what_it_missed_is_looked_up_at_once(box):
    box.submit(ticket(1, qty=10))
    box.news()
    box.alpaca.stream.mute = True
    box.fill(1, 10)
    box.alpaca.stream.drop()
    box.alpaca.stream.wait_for_a_listener(2)
    box.until(lambda: box.broker.stream_state == LISTENING and box.broker._must_look.is_set())
    assert [message.word.value for message in box.news(look=False)] == ["filled"]


def test_keys_that_the_stream_does_not_take_leave_the_lists_to_tell_all(box):
    box.alpaca.stream.refuses = True
    box.alpaca.stream.drop()
    box.until(lambda: "keys were not taken" in box.broker.stream_state)
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    assert box.words() == ["accepted", "filled"]


@pytest.mark.parametrize(
    "frame",
    [
        b"not json",
        b"[]",
        b"\xff\xfe",
        json.dumps({"stream": "trade_updates", "data": {"event": "fill"}}).encode(),
        json.dumps({"stream": "trade_updates"}).encode(),
        b"{" * 100_000,
    ],
    ids=["no json", "list", "no text", "no order", "no data", "deep"],
)
def test_a_frame_that_cannot_be_read_ends_nothing_and_has_the_lists_looked_at(box, frame):
    box.news()
    box.alpaca.stream.send(frame)
    box.until(box.broker._must_look.is_set)
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    assert len(box.told(2)) == 2
    assert box.broker.stream_state == LISTENING


def test_a_fill_without_price_or_size_is_looked_up(box):
    box.submit(ticket(1, qty=10))
    box.alpaca.stream.mute = True
    box.fill(1, 10)
    box.news()
    box.alpaca.stream.say(box.alpaca.stream.told[-1] | {"qty": None, "price": None})
    box.until(box.broker._must_look.is_set)
    assert shares(box) == [10]


@pytest.mark.parametrize("event", ["trade_bust", "trade_correct", "restated", "something_new"])
def test_what_the_stream_does_not_tell_whole_is_looked_up(box, event):
    box.submit(ticket(1, qty=10))
    box.news()
    order = box.alpaca.account.by_client(str(number(1)))
    box.alpaca.account.tell(event, order)
    box.until(box.broker._must_look.is_set)
    assert box.words() == []


def test_a_cancel_that_the_venue_rejects_is_told_each_time_it_is(box):
    box.alpaca.account.cancels_at_once = False
    box.submit(ticket(1, qty=10))
    for attempt in range(2):
        box.broker.cancel(number(1))
        box.alpaca.account.become(number(1), "new", "order_cancel_rejected")
        messages = box.told(2 + attempt)
    assert [message.word.value for message in messages] == ["accepted", "cancel-rejected", "cancel-rejected"]
    told = [message.sequence for message in messages]
    assert told == sorted(set(told))
    assert box.broker.order(number(1)).sequence >= told[-1]


def test_a_cancel_asked_for_twice_says_nothing_until_it_is_decided(box):
    box.alpaca.account.cancels_at_once = False
    box.submit(ticket(1, qty=10))
    box.broker.cancel(number(1))
    box.broker.cancel(number(1))
    assert box.words() == ["accepted"]
    box.alpaca.account.end(number(1), "canceled")
    assert box.words() == ["cancelled"]


def test_an_order_replaced_in_the_dashboard_has_ended_here_and_its_successor_is_another_order(box):
    box.submit(ticket(1, qty=10))
    old = box.alpaca.account.by_client(str(number(1)))
    new = box.alpaca.account.replace(old.id, {"qty": 5})
    [_, ended, successor] = box.news()
    assert (ended.word, ended.external_order_id) == ("cancelled", old.id)
    assert new.id in ended.reason
    assert (successor.word, successor.external_order_id) == ("accepted", new.id)
    assert box.broker.order(number(1)).state is OrderState.CANCELLED


def test_fills_that_are_listed_late_are_told_once_they_are(box):
    box.alpaca.stream.mute = True
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
    box.alpaca.stream.mute = True
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
        for order in range(5):
            box.fill(order, 10)
        account = box.account()
        assert len(account.orders) == 8
        assert sum(order.cum_qty for order in account.orders) == account.positions["IBM"] == 50
        assert box.words().count("filled") == 5


def test_the_account_is_read_whole_or_not_at_all(box):
    box.submit(ticket(1, qty=10))
    box.alpaca.stream.mute = True
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
    box.alpaca.stream.mute = True
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
    box.alpaca.stream.mute = True
    box.news()
    account = box.account()
    assert {order.external_order_id for order in account.orders} == {order.id for order in theirs}
    assert len({order.client_order_id for order in account.orders}) == 2


def test_the_stream_stops_at_once_and_says_nothing_more(box):
    began = time.monotonic()
    box.broker.stop()
    assert time.monotonic() - began < 1.0
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    assert [message.word.value for message in box.broker._journal.after(0)] == ["accepted"]
