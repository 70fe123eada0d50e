"""One order opened up: what became of it step by step, its fills, why it was allowed, and its end."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from ui import order_words
from ui.asking import press, show_refusal
from ui.client import Api, Json, Problem
from ui.explain import show_decision, whole_decision
from ui.fill_chart import fill_chart, totals
from ui.words import NOTHING, brief, code, moment, money, plain, shares

MANY = 200  # orders asked for at once where decisions are matched with theirs
WITHOUT_DECISION = {
    "signal": "none was found for its signal.",
    "exit": "it only makes a position smaller, for which an exit permit is enough.",
    "external": "it was not sent by this house.",
}


def show_order(api: Api, order_id: str, place: str, with_decision: bool = True) -> None:
    """Everything there is to know about an order; ``place`` keeps its buttons apart from those elsewhere."""
    order = api.get(f"/v1/orders/{order_id}")
    show_summary(order)
    show_cancel(order, place)
    show_timeline(order["events"])
    show_fills(order["fills"])
    if with_decision:
        show_why(api, order, place)
    show_ids(order)


def show_summary(order: Json) -> None:
    """State, deal and fees in one line; below it what was odd, and the reasons."""
    fees = sum((order_words.signed(fill, "commission") for fill in order["fills"]), Decimal(0))
    parts = [order_words.state(order), order_words.deal(order), order_words.filled(order)]
    parts += order_words.foreign(order)
    st.markdown(" · ".join([*parts, f"fees {plain(money(fees))}"]))
    if said := order_words.why(order):
        st.markdown(f"{said[0].upper()}{said[1:]}. {' '.join(code(one['code']) for one in order['reasons'])}")
    for name in order_words.oddities(order):
        st.warning(f"▲ **Something odd happened:** {order_words.anomaly(name)}.")
    if over := Decimal(order["overfill_qty"]):
        st.warning(f"▲ **Filled beyond what was asked:** {shares(over)} too many.")


def show_timeline(events: Sequence[Json]) -> None:
    """Every event with its time, who told of it, and what it did to the state."""
    st.markdown("**What happened**")
    odd = any(event["anomaly"] for event in events)
    st.table([event_row(event, odd) for event in events], border="horizontal", hide_index=True)


def event_row(event: Json, odd: bool) -> dict[str, str]:
    """One event as a row of the table; with a column for oddities where the order met any."""
    row = {
        "time (UTC)": brief(event["at"]),
        "what": order_words.happening(event),
        "told by": plain(event["by"]),
        "state": transition(event["from_state"], event["to_state"]),
    }
    name = event["anomaly"]
    said = f":orange[**▲ {order_words.anomaly(name)}**]" if name else NOTHING
    return {**row, "odd": said} if odd else row


def transition(before: str | None, after: str) -> str:
    """``ACCEPTED → FILLED``; the state alone, in gray, where it stayed what it was."""
    if before == after:
        return f":gray[{order_words.words(after)}]"
    return " → ".join(order_words.words(state) for state in (before, after) if state)


def show_fills(fills: Sequence[Json]) -> None:
    """The executions; with more than one also how they added up."""
    if len(fills) < 2:
        return
    table, chart = st.columns(2, gap="large")
    with table:
        st.markdown("**Fills**")
        st.table([fill_row(fill) for fill in fills], border="horizontal", hide_index=True)
    with chart:
        st.markdown("**How it filled** :gray[shares in all, price beside each fill]")
        reached = shares(totals(fills)[-1][1])
        st.altair_chart(
            fill_chart(fills), width="stretch", alt=f"{len(fills)} fills, {reached} shares in all"
        )


def fill_row(fill: Json) -> dict[str, str]:
    """One execution as a row of the table."""
    return {
        "time (UTC)": brief(fill["at"]),
        "shares": shares(fill["qty"]),
        "price": plain(money(fill["price"])),
        "fee": plain(money(fill["commission"])),
        "kind": order_words.KINDS.get(fill["kind"], plain(fill["kind"])),
    }


def show_cancel(order: Json, place: str) -> None:
    """A button to end it while it is working, and the API's refusal where it said no."""
    asked = f"cancel-{place}{order['order_id']}"
    path = f"/v1/orders/{order['order_id']}/cancel"
    if order_words.is_working(order):
        pending = order["state"] == "CANCEL_PENDING"
        label = "Cancellation is on its way" if pending else "Cancel this order"
        st.button(label, key=asked, on_click=press, args=(asked, path), disabled=pending)
    show_refusal(asked)


def show_why(api: Api, order: Json, place: str) -> None:
    """The decision that let the order through or held it, opened in place."""
    if order["decision_id"] is None:
        st.caption("No decision belongs to it: " + WITHOUT_DECISION[order["purpose"]])
        return
    denied = order["state_detail"] == "DENIED"
    question = "What did the gate say of its signal?" if denied else "Why was this allowed?"
    key = f"{place}{order['order_id']}-"
    if st.toggle(question, key=f"why-{key}"):
        with st.container(border=True):
            show_decision(api, whole_decision(order["decision_id"], api), key)


def show_ids(order: Json) -> None:
    """The ids to find it by, and when it was made and changed."""
    names = {"order_id": "order", "signal_id": "signal", "client_order_id": "at the broker"}
    parts = [f"{said} {code(order[name])}" for name, said in names.items() if order[name]]
    times = [f"created {moment(order['created_at'])}", f"changed {moment(order['updated_at'])}"]
    st.caption(" · ".join([*parts, *times]))


def latest_orders(api: Api, **query: str | int | None) -> Sequence[Json]:
    """The newest orders that fit ``query``; none where the API has no orders, as the policy alone has not."""
    try:
        found: Sequence[Json] = api.get("/v1/orders", **{"limit": MANY, **query})["items"]
    except Problem as problem:
        if problem.status != 404:
            raise
        return ()
    return found


def by_decision(orders: Sequence[Json]) -> Mapping[Any, Sequence[Json]]:
    """``orders`` under the id of the decision that each goes back to."""
    found: dict[Any, list[Json]] = {}
    for order in orders:
        found.setdefault(order["decision_id"], []).append(order)
    return found
