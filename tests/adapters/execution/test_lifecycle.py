"""The rules above the table: what is booked, what is old, what is known, what waits."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.execution.anomalies import DEMANDS, Anomaly
from adapters.execution.lifecycle import Happened, Happening, Order, after, created, from_message, shown
from adapters.execution.settling import GRACE, QUERIES
from adapters.ports import BrokerMessage, BrokerWord
from policy.order_contracts import FINAL, OrderReason, OrderState
from tests.adapters.execution.order_events import (
    CANCEL_REQUEST,
    CLIENT_ID,
    DENY,
    NEW_ORDER,
    NOON,
    NOT_FOUND,
    REACHED,
    REPLACE_REQUEST,
    SEND,
    TIMEOUT,
    ack,
    booked_cash,
    booked_position,
    fill,
    found,
    lived,
    replaced,
    seen,
    steps,
    word,
)

WORKING = (SEND, ack(1))
CANCELLED = Happening.CANCELLED


def missed(since: timedelta, *, certain: bool = False) -> Happened:
    """A query that finds nothing, that long after noon."""
    return replace(NOT_FOUND, at=NOON + since, certain=certain)


def test_a_known_execution_with_the_same_content_changes_nothing() -> None:
    *_, first, again = steps(*WORKING, fill("e1", 4, sequence=2), fill("e1", "4.0", sequence=2))
    assert again.duplicate
    assert again.order == first.order
    assert not again.bookings


@pytest.mark.parametrize("other", [fill("e1", 5), fill("e1", 4, "100.01"), fill("e1", 4, commission="2.00")])
def test_a_known_execution_with_other_content_is_set_aside_and_alerted(other: Happened) -> None:
    step = after(lived(*WORKING, fill("e1", 4)), other)
    assert (step.quarantined, step.alert, step.anomaly) == (True, True, Anomaly.EXECUTION_CLASH)
    assert step.order.cum_qty == 4


@pytest.mark.parametrize(
    "broken",
    [
        replace(fill("e1", 4), execution_id=None),
        replace(fill("e1", 4), price=None),
        fill("e1", 0),
        fill("e1", -1),
        fill("e1", "NaN"),
        fill("e1", 1, "-0.01"),
        replace(replaced(8), qty=None),
        replace(found(seen(OrderState.ACCEPTED)), seen=None),
        found(seen(OrderState.NEW)),
        found(seen(OrderState.FILLED, 9, "900.00")),
        found(seen(OrderState.ACCEPTED, 4, "0")),
        found(seen(OrderState.ACCEPTED, 4, "Infinity")),
    ],
)
def test_an_event_that_cannot_be_true_is_set_aside(broken: Happened) -> None:
    order = lived(*WORKING)
    step = after(order, broken)
    assert (step.quarantined, step.alert, step.bookings) == (True, True, ())
    assert step.order == replace(order, anomalies=("incomplete",))


def test_a_message_older_than_the_last_applied_is_stale_but_its_fill_is_booked() -> None:
    order = lived(SEND, word(CANCELLED, sequence=3))
    late_ack, late_fill = after(order, ack(1)), after(order, fill("e1", 4, sequence=2))
    assert (late_ack.stale, late_ack.order.state) == (True, OrderState.CANCELLED)
    assert late_ack.order.external_order_id == "B-1"
    assert (late_fill.order.cum_qty, late_fill.anomaly) == (Decimal(4), Anomaly.LATE_FILL)


def test_a_fill_does_not_make_an_earlier_word_stale() -> None:
    order = lived(*WORKING, CANCEL_REQUEST, fill("e1", 4, sequence=3))
    step = after(order, word(Happening.CANCEL_REJECTED, sequence=2))
    assert (step.order.state, step.reconcile) == (OrderState.PARTIALLY_FILLED, True)


def test_the_same_word_delivered_twice_changes_nothing() -> None:
    once = lived(*WORKING, CANCEL_REQUEST, word(Happening.CANCEL_REJECTED, sequence=2))
    again = after(once, word(Happening.CANCEL_REJECTED, sequence=2))
    assert again.duplicate
    assert again.order == once


def test_the_brokers_total_is_booked_at_once_and_replaced_when_the_fills_come() -> None:
    view = seen(OrderState.PARTIALLY_FILLED, 7, "700.05", "1.40", sequence=3)
    some = steps(SEND, found(view), fill("e2", 4, "100.01", "0.80", 3), fill("e1", 3, "100.0033", "0.61", 2))
    told, second, first = some[1:][-3:]
    assert [(one.kind, str(one.qty), str(one.price)) for one in told.bookings] == [
        ("synthetic", "2", "100.00"),
        ("synthetic", "5", "100.01"),
    ]
    assert (booked_position([told]), booked_cash([told])) == (Decimal(7), Decimal("701.45"))
    assert (second.order.cum_qty, second.order.notional) == (Decimal(7), Decimal("700.05"))
    assert first.order.notional == Decimal("400.04") + 3 * Decimal("100.0033")
    assert first.order.commission == Decimal("1.41")
    assert booked_cash(some) == first.order.notional + first.order.commission


def test_a_fill_newer_than_the_brokers_total_is_booked_on_top_of_it() -> None:
    view = seen(OrderState.PARTIALLY_FILLED, 4, "400.00", sequence=2)
    order = lived(SEND, found(view), fill("e2", 3, sequence=3))
    assert order.cum_qty == 7
    assert lived(SEND, found(view), fill("e2", 3, sequence=3), fill("e1", 4, sequence=2)).cum_qty == 7


def test_a_fill_that_only_replaces_a_synthetic_one_leaves_the_state() -> None:
    ended = lived(SEND, found(seen(OrderState.CANCELLED, 4, "400.00", "1.00", sequence=3)))
    step = after(ended, fill("e1", 4, sequence=2))
    assert (step.order.state, step.order.cum_qty, step.anomaly) == (OrderState.CANCELLED, Decimal(4), None)
    assert [one.kind for one in step.bookings] == ["reversal", "fill"]


def test_an_older_view_of_the_broker_never_lowers_the_total() -> None:
    order = lived(*WORKING, found(seen(OrderState.PARTIALLY_FILLED, 6, "600.00", sequence=5)))
    step = after(order, found(seen(OrderState.PARTIALLY_FILLED, 4, "400.00", sequence=4)))
    assert step.stale
    assert step.order == order


@pytest.mark.parametrize("view", [(4, "999.00"), (2, "200.00"), (6, "300.00")])
def test_totals_that_contradict_the_fills_freeze_the_symbol(view: tuple[int, str]) -> None:
    order = lived(*WORKING, fill("e1", 4, sequence=2))
    step = after(order, found(seen(OrderState.PARTIALLY_FILLED, *view, sequence=3)))
    assert (step.anomaly, step.freeze, step.alert) == (Anomaly.TOTALS_DISAGREE, True, True)
    assert step.order.cum_qty == max(4, view[0])
    assert all(one.price > 0 for one in step.bookings)


def test_a_view_with_other_terms_is_set_aside() -> None:
    order = lived(*WORKING)
    for view in (seen(OrderState.ACCEPTED, symbol="IBM"), seen(OrderState.ACCEPTED, qty=11)):
        step = after(order, found(view))
        assert (step.quarantined, step.freeze, step.anomaly) == (True, True, Anomaly.OTHER_TERMS)
        assert step.order.state is OrderState.ACCEPTED


def test_a_view_taken_before_the_cancel_arrived_does_not_undo_the_request() -> None:
    order = lived(*WORKING, CANCEL_REQUEST, found(seen(OrderState.ACCEPTED, sequence=4)))
    assert order.state is OrderState.CANCEL_PENDING
    answer = after(order, word(Happening.CANCEL_REJECTED, sequence=3))
    assert answer.order.state is OrderState.ACCEPTED


def test_an_order_that_the_broker_works_after_its_end_is_alive_again_and_alerts() -> None:
    inferred = lived(SEND, TIMEOUT, missed(timedelta(0), certain=True))
    step = after(inferred, found(seen(OrderState.ACCEPTED)))
    assert (step.order.state, step.anomaly) == (OrderState.ACCEPTED, Anomaly.ALIVE_AFTER_END)
    assert step.alert
    assert step.freeze


def test_silence_is_an_answer_only_after_three_queries_and_the_grace_time() -> None:
    lost = lived(SEND, TIMEOUT)
    for count in range(QUERIES + 1):
        early = lost
        for _ in range(count):
            early = after(early, missed(GRACE)).order
        assert early.state is OrderState.UNKNOWN
    late = lost
    for _ in range(QUERIES):
        assert late.state is OrderState.UNKNOWN
        late = after(late, missed(GRACE + timedelta(minutes=1))).order
    assert (late.state, late.anomalies) == (OrderState.REJECTED, ("inferred",))


def test_what_was_filled_before_the_silence_makes_the_inferred_end_a_cancel() -> None:
    order = lived(*WORKING, fill("e1", 4), TIMEOUT, missed(timedelta(0), certain=True))
    assert (order.state, order.cum_qty) == (OrderState.CANCELLED, Decimal(4))


def test_a_sent_order_that_the_broker_never_had_counts_from_the_first_query() -> None:
    order = lived(SEND, missed(timedelta(minutes=1)))
    assert (order.state, order.not_found, order.unknown_since) == (
        OrderState.UNKNOWN,
        1,
        NOON + timedelta(seconds=2),
    )


def test_an_order_found_again_starts_counting_anew() -> None:
    order = lived(SEND, TIMEOUT, NOT_FOUND, NOT_FOUND, ack(1), TIMEOUT)
    assert (order.state, order.not_found) == (OrderState.UNKNOWN, 0)


@pytest.mark.parametrize("answer", [ack(1), fill("e1", 4), found(seen(OrderState.ACCEPTED))])
def test_a_cancel_asked_for_while_nobody_knows_goes_out_when_the_order_is_found(answer: Happened) -> None:
    asked = steps(SEND, TIMEOUT, CANCEL_REQUEST)[-1]
    assert (asked.order.state, asked.send_cancel) == (OrderState.UNKNOWN, False)
    resolved = after(asked.order, answer)
    assert (resolved.order.state, resolved.send_cancel) == (OrderState.CANCEL_PENDING, True)
    assert not after(resolved.order, CANCEL_REQUEST).send_cancel


def test_a_cancel_waits_for_the_answer_to_a_replace() -> None:
    asked = steps(*WORKING, REPLACE_REQUEST, CANCEL_REQUEST)[-1]
    assert (asked.order.state, asked.send_cancel) == (OrderState.REPLACE_PENDING, False)
    step = after(asked.order, replaced(8))
    assert (step.order.state, step.order.qty, step.send_cancel) == (
        OrderState.CANCEL_PENDING,
        Decimal(8),
        True,
    )


def test_a_cancel_whose_sending_timed_out_is_sent_again_when_asked_or_found() -> None:
    order = lived(*WORKING, CANCEL_REQUEST, TIMEOUT)
    assert order.state is OrderState.CANCEL_PENDING
    for event in (CANCEL_REQUEST, found(seen(OrderState.ACCEPTED))):
        assert after(order, event).send_cancel


def test_a_rejected_cancel_is_not_sent_again_by_itself() -> None:
    order = lived(*WORKING, CANCEL_REQUEST, TIMEOUT, word(Happening.CANCEL_REJECTED))
    assert (order.state, order.cancel_wanted) == (OrderState.ACCEPTED, False)
    assert not after(order, fill("e1", 4)).send_cancel


@pytest.mark.parametrize(("new_qty", "qty", "state"), [(8, 8, OrderState.PARTIALLY_FILLED), (3, 4, "FILLED")])
def test_a_replaced_order_has_its_new_quantity_or_is_filled(
    new_qty: int, qty: int, state: OrderState
) -> None:
    order = lived(*WORKING, fill("e1", 4), REPLACE_REQUEST, replaced(new_qty))
    assert (order.qty, order.state) == (Decimal(qty), state)


def test_shares_beyond_the_order_freeze_the_symbol() -> None:
    step = steps(*WORKING, fill("e1", 4), fill("e2", 8))[-1]
    assert (step.order.state, step.order.overfill_qty, step.order.leaves_qty) == (
        OrderState.FILLED,
        Decimal(2),
        Decimal(0),
    )
    assert (step.anomaly, step.alert, step.freeze) == (Anomaly.OVERFILL, True, True)


@pytest.mark.parametrize("event", [ack(1), fill("e1", 10), word(CANCELLED), found(seen(OrderState.ACCEPTED))])
def test_a_broker_that_knows_a_denied_order_halts_the_house(event: Happened) -> None:
    step = after(lived(DENY), event)
    assert (step.order.state, step.halt, step.alert) == (OrderState.DENIED, True, True)


def test_an_order_answered_before_its_sending_was_recorded_goes_on_with_a_note() -> None:
    step = after(NEW_ORDER, ack(1))
    assert (step.order.state, step.anomaly) == (OrderState.ACCEPTED, Anomaly.SEND_RECORDED_LATE)
    assert not step.alert


def test_an_order_that_only_the_broker_had_is_odd_from_its_start() -> None:
    external = created(replace(NEW_ORDER, origin="EXTERNAL"), "reconciliation")
    assert (external.anomaly, external.alert) == (Anomaly.EXTERNAL_ORDER, True)
    step = after(external.order, found(seen(OrderState.FILLED, 10, "1000.00")))
    assert (step.order.state, step.order.anomalies) == (
        OrderState.FILLED,
        ("external-order", "fill-synthesised"),
    )


def test_the_last_word_shown_stays_while_nobody_knows() -> None:
    for state in OrderState:
        order = lived(*REACHED[state])
        assert shown(OrderState.UNKNOWN, order.cum_qty, order.shown) == order.shown
    assert lived(*WORKING, fill("e1", 4), TIMEOUT).shown == "PARTIALLY_FILLED"
    assert lived(*WORKING, fill("e1", 4), REPLACE_REQUEST).shown == "PARTIALLY_FILLED"


def test_the_reasons_of_an_end_are_kept() -> None:
    reason = OrderReason(code="broker-rejected", message="held by the risk desk")
    order = lived(SEND, replace(word(Happening.BROKER_REJECT), reasons=(reason,)))
    assert order.reasons == (reason,)
    assert lived(DENY).reasons == DENY.reasons


def test_the_average_price_is_rounded_half_even_to_six_places() -> None:
    assert NEW_ORDER.avg_price is None
    order = lived(*WORKING, fill("e1", 1, "100.00"), fill("e2", 2, "100.01"))
    assert str(order.avg_price) == "100.006667"


def test_only_orders_that_may_still_be_filled_are_working() -> None:
    for state, life in REACHED.items():
        order = lived(*life)
        assert order.is_final == (state in FINAL)
        assert order.is_working == (state not in FINAL and state is not OrderState.NEW)


def test_a_message_becomes_its_event_with_the_time_it_was_heard_and_the_brokers_own() -> None:
    heard, told = NOON + timedelta(seconds=3), NOON + timedelta(seconds=1)
    message = BrokerMessage(7, 2, BrokerWord.FILLED, CLIENT_ID, "B-1", told, "e1", Decimal(4), Decimal(100))
    step = after(lived(*WORKING), from_message(message, heard))
    assert (step.order.cum_qty, step.order.updated_at, step.bookings[0].at) == (Decimal(4), heard, told)


def test_every_word_of_a_broker_has_an_event() -> None:
    for said in BrokerWord:
        message = BrokerMessage(1, 1, said, CLIENT_ID, "B-1", NOON, reason="why")
        assert from_message(message, NOON).reasons[0].code == f"broker-{said}"


def test_orders_and_events_come_back_from_json_as_they_were() -> None:
    view = seen(OrderState.PARTIALLY_FILLED, 7, "700.05", "1.40", sequence=3)
    life = (SEND, ack(1), found(view), CANCEL_REQUEST, fill("e1", 3, sequence=2), DENY)
    for step in steps(*life):
        assert Happened.from_json(step.happened.to_json()) == step.happened
        assert Order.from_json(step.order.to_json()) == step.order


def test_an_unknown_field_in_a_stored_order_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        Order.from_json({**NEW_ORDER.to_json(), "colour": "red"})


def test_every_anomaly_has_its_demands() -> None:
    assert set(DEMANDS) == set(Anomaly)


def test_a_fraction_of_a_share_is_booked_for_exactly_what_it_cost() -> None:
    view = replace(seen(OrderState.PARTIALLY_FILLED), cum_qty=Decimal("1.5"), notional=Decimal("100.00"))
    order = lived(*WORKING, found(view))
    assert (order.cum_qty, order.notional) == (Decimal("1.5"), Decimal(100))


def test_every_fill_of_a_denied_order_halts_even_one_whose_total_was_seen() -> None:
    order = lived(DENY, found(seen(OrderState.PARTIALLY_FILLED, 4, "400.00", "1.00", sequence=2)))
    step = after(order, fill("e1", 4, sequence=2))
    assert (step.halt, step.order.cum_qty) == (True, Decimal(4))


def test_what_is_known_to_be_odd_is_not_odd_again() -> None:
    total = found(seen(OrderState.PARTIALLY_FILLED, 4, "999.00", sequence=2))
    disagreeing = lived(*WORKING, fill("e1", 4, sequence=2), total)
    assert after(disagreeing, fill("e2", 1, sequence=3)).anomaly is None
    overfilled = lived(*WORKING, fill("e1", 12, sequence=2))
    assert after(overfilled, found(seen(OrderState.FILLED, 12, "1200.00", "1.00", 3))).anomaly is None
    told = lived(*WORKING, found(seen(OrderState.PARTIALLY_FILLED, 7, "700.00", "1.00", sequence=3)))
    first = after(told, fill("e1", 3, sequence=2))
    assert ([one.kind for one in first.bookings], first.anomaly) == (["reversal", "fill", "synthetic"], None)


def test_a_replace_that_timed_out_is_found_with_the_quantity_the_broker_took() -> None:
    order = lived(*WORKING, REPLACE_REQUEST, TIMEOUT, found(seen(OrderState.ACCEPTED, qty=8)))
    assert (order.state, order.qty) == (OrderState.ACCEPTED, Decimal(8))


@pytest.mark.parametrize("end", [OrderState.CANCELLED, OrderState.REJECTED])
def test_a_rejected_order_that_the_broker_filled_ends_as_cancelled_and_alerts(end: OrderState) -> None:
    order = lived(SEND, word(Happening.BROKER_REJECT, sequence=1))
    step = after(order, found(seen(end, 4, "400.00", sequence=3)))
    assert (step.order.state, step.order.cum_qty) == (OrderState.CANCELLED, Decimal(4))
    assert (step.anomaly, step.alert) == (Anomaly.FILL_AFTER_REJECT, True)


def test_a_pending_cancel_survives_losing_the_order() -> None:
    lost = lived(*WORKING, CANCEL_REQUEST, NOT_FOUND)
    assert (lost.state, lost.cancel_wanted) == (OrderState.UNKNOWN, True)
    assert after(lost, found(seen(OrderState.ACCEPTED))).send_cancel


def test_an_order_is_unknown_since_the_first_silence() -> None:
    assert lived(SEND, TIMEOUT, TIMEOUT).unknown_since == NOON + timedelta(seconds=2)
