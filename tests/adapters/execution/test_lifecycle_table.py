"""Every state of an order against every event, compared with the design's table as written here."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from adapters.execution.lifecycle import Happened, Happening, after
from adapters.execution.lifecycle_table import TABLE, TRIGGERS, Target
from policy.order_contracts import OrderState
from tests.adapters.execution.order_events import (
    CANCEL_REQUEST,
    CREATE,
    DENY,
    NOT_FOUND,
    PERMIT_EXPIRED,
    REACHED,
    REPLACE_REQUEST,
    SEND,
    TIMEOUT,
    ack,
    fill,
    found,
    lived,
    replaced,
    seen,
    word,
)

# "-": refused, the state stays. "F<" leaves shares, "F=" leaves none. The broker's view found is EXPIRED.
GRID = """
      create deny send permit cancel? replace? ack reject F<  F=  cancelled uncancelled expired replaced unreplaced timeout found absent
NEW   -      DEN  SUB  EXP    CAN     -        ACC REJ    PAR FIL CAN       -           EXP     -        -          UNK     EXP   NEW
SUB   -      -    -    -      C?      -        ACC REJ    PAR FIL CAN       -           EXP     -        -          UNK     EXP   UNK
UNK   -      -    -    -      UNK     -        ACC REJ    PAR FIL CAN       UNK         EXP     ACC      ACC        UNK     EXP   UNK
ACC   -      -    -    -      C?      R?       ACC REJ    PAR FIL CAN       -           EXP     -        -          UNK     EXP   UNK
PAR   -      -    -    -      C?      R?       PAR -      PAR FIL CAN       -           EXP     -        -          UNK     EXP   UNK
C?    -      -    -    -      C?      -        C?  REJ    C?  FIL CAN       ACC         EXP     -        -          C?      EXP   UNK
R?    -      -    -    -      R?      -        R?  REJ    R?  FIL CAN       -           EXP     ACC      ACC        UNK     EXP   UNK
FIL   -      -    -    -      -       -        FIL -      FIL FIL -         FIL         -       -        FIL        FIL     FIL   FIL
CAN   -      -    -    -      -       -        CAN -      CAN FIL CAN       CAN         -       -        CAN        CAN     CAN   CAN
REJ   -      -    -    -      -       -        REJ REJ    PAR FIL -         REJ         -       -        REJ        REJ     REJ   REJ
EXP   -      -    -    -      -       -        EXP -      EXP FIL -         EXP         EXP     -        EXP        EXP     EXP   EXP
DEN   -      -    -    -      -       -        DEN DEN    DEN DEN DEN       DEN         DEN     DEN      DEN        -       DEN   -
"""  # noqa: E501
STATES = {
    "NEW": OrderState.NEW,
    "SUB": OrderState.SUBMITTED,
    "UNK": OrderState.UNKNOWN,
    "ACC": OrderState.ACCEPTED,
    "PAR": OrderState.PARTIALLY_FILLED,
    "C?": OrderState.CANCEL_PENDING,
    "R?": OrderState.REPLACE_PENDING,
    "FIL": OrderState.FILLED,
    "CAN": OrderState.CANCELLED,
    "REJ": OrderState.REJECTED,
    "EXP": OrderState.EXPIRED,
    "DEN": OrderState.DENIED,
}
EVENTS = {
    "create": CREATE,
    "deny": DENY,
    "send": SEND,
    "permit": PERMIT_EXPIRED,
    "cancel?": CANCEL_REQUEST,
    "replace?": REPLACE_REQUEST,
    "ack": ack(),
    "reject": word(Happening.BROKER_REJECT),
    "F<": fill("late", 1),
    "F=": fill("late", 10),
    "cancelled": word(Happening.CANCELLED),
    "uncancelled": word(Happening.CANCEL_REJECTED),
    "expired": word(Happening.EXPIRED),
    "replaced": replaced(8),
    "unreplaced": word(Happening.REPLACE_REJECTED),
    "timeout": TIMEOUT,
    "found": None,
    "absent": NOT_FOUND,
}


def cells() -> Iterator[tuple[str, str, str]]:
    head, *rows = (line.split() for line in GRID.strip().splitlines())
    for state, *targets in rows:
        yield from ((state, event, target) for event, target in zip(head, targets, strict=True))


def event_of(name: str, state: OrderState) -> Happened:
    """The event of that column; the view found agrees with what was filled."""
    cum = lived(*REACHED[state]).cum_qty
    view = seen(OrderState.EXPIRED, int(cum), str(100 * cum))
    return EVENTS[name] or found(view)


@pytest.mark.parametrize(("state", "event", "target"), list(cells()))
def test_every_event_in_every_state_does_what_the_design_says(state: str, event: str, target: str) -> None:
    order = lived(*REACHED[STATES[state]])
    assert order.state is STATES[state]
    step = after(order, event_of(event, order.state))
    assert step.order.state is STATES[state if target == "-" else target]
    assert step.refused == (target == "-")


def test_the_grid_and_the_table_have_every_pair() -> None:
    pairs = [(state, event) for state, event, _ in cells()]
    assert len(set(pairs)) == len(pairs) == len(OrderState) * len(TRIGGERS) == len(TABLE)


@pytest.mark.parametrize("state", list(OrderState))
def test_a_refused_word_alerts_and_a_refused_request_does_not(state: OrderState) -> None:
    refused = [what for what in TRIGGERS if TABLE[state, what].to is Target.REFUSED]
    requests = {Happening.CANCEL_REQUEST, Happening.REPLACE_REQUEST}
    events = {event.what: event for event in EVENTS.values() if event is not None}
    order = lived(*REACHED[state])
    for what in refused:
        step = after(order, events[Happening(what)])
        assert step.alert == (what not in requests)
        assert step.anomaly in step.order.anomalies


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("qty", [1, 10])
def test_a_fill_is_booked_in_every_state(state: OrderState, qty: int) -> None:
    order = lived(*REACHED[state])
    step = after(order, fill("late", qty))
    assert [one.execution_id for one in step.bookings] == ["late"]
    assert step.order.cum_qty == order.cum_qty + Decimal(qty)
