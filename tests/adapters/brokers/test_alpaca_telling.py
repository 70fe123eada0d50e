"""Alpaca's words in the house's, and fills known by where they lie, however often and in what order told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from alpaca.trading.enums import OrderStatus, TradeEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.brokers.alpaca.telling import Fit, Known, Trade, by_status, by_trade, client_id, refused, seen
from adapters.brokers.alpaca.wire import read_order
from adapters.brokers.alpaca.words import EVENTS, STATUSES, Meaning, state_of
from adapters.execution.happened import REPORTED
from adapters.ports import BrokerSilent, BrokerWord
from policy.order_contracts import OrderState
from policy.ports import derived_id
from tests.adapters.brokers.trading import OPENS, number

EXTERNAL = "61e69015-8549-4bfd-b9c3-01e75843f47d"


def order(**changes):
    told = {
        "id": EXTERNAL,
        "client_order_id": str(number(1)),
        "submitted_at": "2012-06-18T13:30:00.123456789Z",
        "updated_at": "2012-06-18T13:31:00Z",
        "symbol": "IBM",
        "side": "buy",
        "type": "market",
        "qty": "10",
        "filled_qty": "0",
        "status": "new",
    }
    return read_order(told | changes)


def known(*trades, **changes):
    return Known(EXTERNAL, number(1), OPENS, trades=trades, **changes)


def trade(until, qty, price="100"):
    return Trade(Decimal(until), Decimal(qty), Decimal(price), OPENS + timedelta(seconds=float(until)))


@pytest.mark.parametrize("status", list(OrderStatus), ids=lambda status: status.value)
def test_every_status_of_alpaca_has_one_meaning_that_execution_understands(status):
    whole = status is OrderStatus.FILLED
    shown = order(status=status.value, filled_qty="10" if whole else "4")
    parts = known(trade(4, 4), *([trade(10, 6)] if whole else []))
    view = seen(parts, shown)
    assert view.state in REPORTED
    assert view.state == (STATUSES[status] or OrderState.PARTIALLY_FILLED)
    assert (view.cum_qty, view.notional) == (parts.filled, parts.filled * 100)


@pytest.mark.parametrize("status", list(OrderStatus), ids=lambda status: status.value)
def test_every_status_tells_its_acknowledgement_and_its_end_once(status):
    shown = order(status=status.value)
    first = by_status(known(), shown)
    told = known(told=frozenset(message.what for message in first))
    ends = {"canceled": "cancelled", "replaced": "cancelled", "expired": "expired", "rejected": "rejected"}
    expected = [] if status is OrderStatus.REJECTED else ["accepted"]
    expected += [ends[status.value]] if status.value in ends else []
    assert [message.word.value for message in first] == expected
    assert by_status(told, shown) == []


def test_a_status_nobody_knows_is_never_guessed():
    with pytest.raises(KeyError):
        state_of("teleported")
    with pytest.raises(BrokerSilent, match="a status that nobody here knows, 'teleported'"):
        seen(known(), order(status="teleported"))


def test_every_event_of_the_stream_has_a_meaning():
    documented = (
        "new fill partial_fill canceled expired done_for_day replaced accepted rejected pending_new stopped "
        "pending_cancel pending_replace calculated suspended order_replace_rejected order_cancel_rejected "
        "held restated trade_bust trade_correct"
    )
    assert {event.value for event in TradeEvent} <= set(EVENTS)
    assert set(documented.split()) <= set(EVENTS)
    assert {name for name, meaning in EVENTS.items() if meaning is Meaning.FILL} == {"fill", "partial_fill"}


@st.composite
def retellings(draw):
    """An order's fills, and tellings of them by stream and list: any of them, any number of times."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    fills, until = [], 0
    for size in sizes:
        until += size
        fills.append(trade(until, size, str(100 + size)))
    tellings = draw(st.lists(st.tuples(st.sampled_from(fills), st.booleans()), max_size=20))
    return fills, tellings


@settings(max_examples=300, deadline=None, derandomize=True)
@given(story=retellings())
def test_however_fills_are_told_each_share_counts_once_and_the_list_completes_them(story):
    fills, tellings = story
    told = known()
    for one, listed in [*tellings, *((fill, True) for fill in fills)]:
        fit, message = by_trade(told, one)
        if message is not None and (listed or fit is Fit.NEXT):
            trades = tuple(sorted((*told.trades, message.trade), key=lambda known: known.until))
            told = known(*trades, told=told.told | {message.what})
        assert told.filled <= fills[-1].until
    assert told.trades == tuple(fills)
    assert len(told.told) == len(fills)


@pytest.mark.parametrize(
    ("one", "fit"),
    [
        (trade(5, 5), Fit.KNOWN),
        (trade(5, 5, "99"), Fit.DISPUTED),
        (trade(4, 2), Fit.KNOWN),
        (trade(8, 3), Fit.NEXT),
        (trade(10, 3), Fit.APART),
        (trade(7, 4), Fit.CLASH),
    ],
)
def test_a_fill_is_known_by_the_shares_it_fills(one, fit):
    assert by_trade(known(trade(5, 5)), one)[0] is fit


def test_a_stream_whose_order_is_ahead_of_its_fill_waits_for_the_list():
    """Two fills told with the same total: neither lies where the order's total says."""
    assert by_trade(known(), trade(5, 3))[0] is Fit.APART
    assert by_trade(known(), trade(5, 2))[0] is Fit.APART


def test_the_same_shares_at_another_price_are_told_as_a_contradiction_and_not_counted_twice():
    fit, message = by_trade(known(trade(5, 5)), trade(5, 5, "99"))
    assert (fit, message.what, message.trade.price) == (Fit.DISPUTED, "dispute/5/99", 99)


def test_totals_are_never_told_before_every_fill_of_them_is_known():
    with pytest.raises(BrokerSilent, match="filled further than its fills tell"):
        seen(known(trade(4, 4)), order(filled_qty="5", status="partially_filled"))


def test_totals_are_never_told_over_a_gap_in_the_fills():
    """The list has the last of three fills, the order shown knows of the first: neither total is one."""
    shown = order(filled_qty="1", status="partially_filled")
    with pytest.raises(BrokerSilent, match="filled further than its fills tell"):
        seen(known(trade(5, 1)), shown)


def test_a_refusal_comes_after_every_view_of_the_order_from_before_it():
    shown, parts = order(filled_qty="4", status="partially_filled"), known(trade(4, 4))
    for answers in range(3):
        before = seen(parts, shown).sequence
        message = refused(parts, BrokerWord.CANCEL_REJECTED, OPENS + timedelta(seconds=answers), "no")
        assert message.sequence > before
        parts = known(trade(4, 4), told=parts.told | {message.what})
        assert seen(parts, shown).sequence >= message.sequence


def test_fills_that_are_ahead_of_the_order_shown_count():
    view = seen(known(trade(4, 4), trade(10, 6)), order(filled_qty="4", status="partially_filled"))
    assert (view.state, view.cum_qty) == (OrderState.FILLED, 10)


def test_an_order_by_value_has_no_size_until_it_has_ended():
    with pytest.raises(BrokerSilent, match="by value"):
        seen(known(), order(qty=None))
    view = seen(known(trade("0.5", "0.5")), order(qty=None, filled_qty="0.5", status="filled"))
    assert (view.qty, view.state) == (Decimal("0.5"), OrderState.FILLED)


def test_an_order_that_others_named_gets_an_id_that_follows_from_its_name():
    assert client_id(str(number(1))) == number(1)
    assert client_id("my own order") == derived_id("alpaca-client-order", "my own order")
    assert client_id(str(number(1)).upper()) != number(1)


@pytest.mark.parametrize("gone", ["id", "status", "symbol", "submitted_at", "client_order_id"])
def test_an_order_with_a_part_missing_is_unreadable_as_a_whole(gone):
    told = order().model_dump(mode="json")
    del told[gone]
    with pytest.raises(BrokerSilent, match=f"cannot be read at {gone}"):
        read_order(told)


@pytest.mark.parametrize("qty", ["NaN", "Infinity", "-1", "ten"])
def test_a_number_that_cannot_be_is_unreadable(qty):
    with pytest.raises(BrokerSilent, match="cannot be read at filled_qty"):
        order(filled_qty=qty)
