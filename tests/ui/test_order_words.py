"""What people read of orders: every state and oddity in words, never a colour or a code alone."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

import pytest

from adapters.execution.anomalies import Anomaly
from adapters.execution.happened import Happening
from policy.order_contracts import (
    FINAL,
    OrderEventView,
    OrderReason,
    OrderState,
    OrderView,
    ShownState,
)
from ui.fill_chart import totals
from ui.order_detail import event_row
from ui.order_words import ANOMALIES, HAPPENINGS, MARKS, STATES, WORKING, headline, state

AT = datetime(2012, 9, 4, 15, 30, tzinfo=UTC)
WORKED = {
    "order_id": UUID(int=1),
    "signal_id": UUID(int=2),
    "symbol": "AAPL",
    "side": "BUY",
    "qty": Decimal(1200),
    "order_type": "MARKET",
    "limit_price": None,
    "state": "PARTIALLY_FILLED",
    "state_detail": OrderState.PARTIALLY_FILLED,
    "cum_qty": Decimal(400),
    "leaves_qty": Decimal(800),
    "avg_price": Decimal("1583.126"),
    "client_order_id": UUID(int=3),
    "external_order_id": "P-1",
    "reasons": (),
    "origin": "LOCAL",
    "purpose": "signal",
    "decision_id": UUID(int=4),
    "overfill_qty": Decimal(0),
    "anomalies": (),
    "created_at": AT,
    "updated_at": AT,
}


def order(**changes: Any) -> dict[str, Any]:
    """An order that is filled in part, with ``changes``, as the API sends it."""
    return OrderView(**{**WORKED, **changes}).model_dump(mode="json")


@pytest.mark.parametrize(
    ("origin", "label"),
    [("LOCAL", None), ("EXTERNAL", "not sent by this house"), ("RECONCILED", "taken over from the broker")],
)
def test_an_order_that_the_house_did_not_send_is_labelled(origin: str, label: str | None) -> None:
    said = headline(order(origin=origin))
    assert label in said if label else "▲" not in said


def test_every_state_has_a_mark_of_its_own_beside_its_word() -> None:
    assert set(MARKS) == set(STATES) == set(get_args(ShownState))
    assert len({mark for mark, _ in MARKS.values()}) == len(STATES)
    assert "PARTIALLY\u00a0FILLED" in state(order())


def test_what_may_be_cancelled_is_what_is_not_final() -> None:
    assert set(STATES) - {word.value for word in FINAL} == WORKING


def test_every_happening_and_every_oddity_has_words() -> None:
    assert set(HAPPENINGS) == {happening.value for happening in Happening}
    assert set(ANOMALIES) == {anomaly.value for anomaly in Anomaly}


def test_a_headline_says_deal_progress_price_and_time() -> None:
    said = headline(order())
    assert "**BUY 1,200 AAPL**" in said
    assert r"400 of 1,200 filled at \$1,583\.13" in said
    assert "2012-09-04 15:30:00" in said


def test_a_limit_order_says_its_limit() -> None:
    assert r"limit \$187\.50" in headline(order(order_type="LIMIT", limit_price=Decimal("187.50")))


def test_a_denied_order_says_why() -> None:
    reason = OrderReason(code="no-quote", message="the house has no usable quote of AAPL")
    said = headline(order(state="REJECTED", state_detail=OrderState.DENIED, reasons=(reason,)))
    assert "the house has no usable quote of AAPL" in said


@pytest.mark.parametrize(
    ("detail", "meaning"),
    [
        (OrderState.UNKNOWN, "gone silent"),
        (OrderState.EXPIRED, "time was over"),
        (OrderState.DENIED, "never sent"),
    ],
)
def test_a_state_that_the_short_word_hides_is_said(detail: OrderState, meaning: str) -> None:
    assert meaning in headline(order(state_detail=detail))


@pytest.mark.parametrize("changes", [{"anomalies": ("late-fill",)}, {"overfill_qty": Decimal(3)}])
def test_an_order_with_something_odd_asks_to_look_closer(changes: dict[str, Any]) -> None:
    assert "look closer" in headline(order(**changes))
    assert "look closer" not in headline(order())


def event(**changes: Any) -> dict[str, Any]:
    """A fill in an order's history, with ``changes``, as the API sends it."""
    told = {
        "position": 3,
        "at": AT,
        "event": "fill",
        "by": "broker",
        "from_state": OrderState.CANCELLED,
        "to_state": OrderState.CANCELLED,
        "anomaly": "late-fill",
        "detail": {"qty": "400", "price": "1583.12"},
    }
    return OrderEventView(**{**told, **changes}).model_dump(mode="json")


def test_a_late_fill_is_marked_in_the_timeline_and_changes_no_state() -> None:
    row = event_row(event(), odd=True)
    assert row["what"] == r"filled 400 at \$1,583\.12"
    assert row["state"] == ":gray[CANCELLED]"
    assert "filled after it had ended" in row["odd"]


def test_a_step_of_the_timeline_says_from_where_to_where() -> None:
    row = event_row(
        event(from_state=OrderState.ACCEPTED, to_state=OrderState.FILLED, anomaly=None), odd=False
    )
    assert row["state"] == "ACCEPTED → FILLED"
    assert "odd" not in row


def test_a_brokers_reason_stands_in_the_timeline() -> None:
    reasons = [{"code": "broker-rejected", "message": "held by the risk desk"}]
    row = event_row(event(event="broker-reject", detail={"reasons": reasons}), odd=False)
    assert row["what"] == "rejected by the broker: held by the risk desk"


def test_an_inferred_fill_that_is_taken_back_counts_once() -> None:
    fills = [
        {"kind": "synthetic", "qty": "10", "at": "2012-09-04T15:00:00Z"},
        {"kind": "reversal", "qty": "10", "at": "2012-09-04T16:00:00Z"},
        {"kind": "fill", "qty": "10", "at": "2012-09-04T16:00:00Z"},
    ]
    assert [reached for _, reached in totals(fills)] == [10, 0, 10]
