"""The sandbox broker's stream and its lists: together they tell each thing once; neither is trusted alone."""

import json
import time

import pytest
from alpaca.trading.requests import ReplaceOrderRequest

from adapters.brokers.alpaca.stream import LISTENING, Rhythm
from policy.order_contracts import OrderState
from tests.adapters.brokers.sandbox import sandbox
from tests.adapters.brokers.trading import number, ticket


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


def test_a_stream_whose_orders_are_ahead_of_its_fills_counts_no_share_twice(box):
    """Both fills are told with the order as it was after the second."""
    box.submit(ticket(1, qty=10))
    box.news()
    box.alpaca.stream.mute = True
    box.fill(1, 3, "100.00")
    box.fill(1, 2, "101.00")
    first, second = box.alpaca.stream.told[-2:]
    for update in (first | {"order": second["order"]}, second):
        box.alpaca.stream.say(update)
    box.until(box.broker._must_look.is_set)
    box.news()
    assert sorted(shares(box)) == [2, 3]
    assert box.broker.order(number(1)).notional == 3 * 100 + 2 * 101


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


def test_a_stream_that_breaks_off_again_and_again_is_tried_less_and_less(box):
    box.reopen(streaming=True, rhythm=Rhythm(first_wait=0.05, longest_wait=20.0))
    began, visits = time.monotonic(), box.alpaca.stream.visits
    for again in range(1, 5):
        box.until(lambda: box.broker.stream_state == LISTENING)
        box.alpaca.stream.drop()
        box.alpaca.stream.wait_for_a_listener(visits + again)
    assert time.monotonic() - began > 0.05 + 0.1 + 0.2 + 0.4


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


def test_an_order_replaced_by_another_program_has_ended_here_and_its_successor_is_another_order(box):
    box.submit(ticket(1, qty=10))
    old = box.alpaca.account.by_client(str(number(1)))
    told = box.broker._asking.line.replace_order_by_id(old.id, ReplaceOrderRequest(qty=5))
    [_, ended, successor] = box.told(3)
    assert (ended.word, ended.external_order_id) == ("cancelled", old.id)
    assert told["id"] in ended.reason
    assert (successor.word, successor.external_order_id) == ("accepted", told["id"])
    assert box.broker.order(number(1)).state is OrderState.CANCELLED


def test_a_stream_that_sends_us_elsewhere_is_not_followed(box):
    box.alpaca.stream.sends_to = f"{box.alpaca.url}/elsewhere"
    box.alpaca.stream.drop()
    box.until(lambda: "307" in box.broker.stream_state)
    assert box.alpaca.stream.strayed == 0


def test_the_stream_stops_at_once_and_says_nothing_more(box):
    began = time.monotonic()
    box.broker.stop()
    assert time.monotonic() - began < 4.0
    box.submit(ticket(1, qty=10))
    box.fill(1, 10)
    assert [message.word.value for message in box.broker._journal.after(0)] == ["accepted"]
