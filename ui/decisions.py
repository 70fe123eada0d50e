"""The page of decisions: as they come, newest first, each opening with what became of it and every rule."""

from collections.abc import Sequence

import streamlit as st

from ui import order_words
from ui.charts import show_charts
from ui.client import Api, Json
from ui.connection import api, failures_shown
from ui.explain import memo_beside, show_decision, whole_decision
from ui.filters import ALL, choose_size, choose_symbol, remember_symbols
from ui.follow import every
from ui.lines import opening
from ui.order_detail import by_decision, latest_orders, show_order
from ui.words import VERDICTS, brief, percent, plain, verdict

CHARTED = 200  # decisions behind the charts


def show() -> None:
    """The whole page."""
    st.title("Decisions")
    st.caption("What the gate said of each signal, newest first. Open one to see its order and every rule.")
    wanted = filters()
    st.fragment(show_list, run_every=every())(*wanted)


def filters() -> tuple[str | None, str | None, int]:
    """The verdict, the symbol (None for any) and the number of decisions that the person asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = st.segmented_control("Verdict", (ALL, *VERDICTS), default=ALL, key="verdict")
        return (None if word in (ALL, None) else word), choose_symbol("symbol"), choose_size("shown")


def show_list(word: str | None, symbol: str | None, shown: int) -> None:
    """Charts and list; runs again by itself while the person follows."""
    with failures_shown():
        found = api().get("/v1/policy/decisions", limit=CHARTED)["items"]
        remember_symbols(found)
        show_charts(found)
        items = api().get("/v1/policy/decisions", decision=word, symbol=symbol, limit=shown)["items"]
        orders = by_decision(latest_orders(api(), symbol=symbol))
        with st.container(gap="xsmall"):
            for item in items:
                show_row(api(), item, orders.get(item["decision_id"], ()))
        if not items:
            st.info(
                "No decision yet that fits. Press play in the bar at the left, or loosen the filter.",
            )


def show_row(api_: Api, item: Json, orders: Sequence[Json]) -> None:
    """One decision as a line that opens; its explanation is fetched only then."""
    key = f"decision-{item['decision_id']}"
    row = opening(headline(item, orders, memo_beside(item["decision_id"], api_)), key)
    if row.open:
        with row, failures_shown():
            show_opened(api_, item, orders)


def show_opened(api_: Api, item: Json, orders: Sequence[Json]) -> None:
    """What became of a decision, then what it rests on."""
    for order in orders:
        with st.container(border=True):
            show_order(api_, order["order_id"], "decision-", with_decision=False)
    show_decision(api_, whole_decision(item["decision_id"], api_))


def headline(item: Json, orders: Sequence[Json] = (), memo: str = "") -> str:
    """One decision in a line: verdict, what was asked, how much is allowed, memo, order, when, and why."""
    size = f" up to {percent(item['approved_size_pct'])}" if item["decision"] == "APPROVE" else ""
    reasons = [plain(reason["message"]) for reason in item["reasons"]]
    more = f" (+{len(reasons) - 1} more)" if len(reasons) > 1 else ""
    deal = f"**{item['candidate_action']} {plain(item['symbol'])}**"
    parts = [verdict(item["decision"]), f"{deal}{size}", *filter(None, [memo])]
    parts += [f"{order_words.state(order)} {order_words.filled(order)}" for order in orders]
    parts.append(f":gray[{brief(item['evaluated_at'])}]")
    parts += [f"answered by {plain(item['answered_by'])}"] if item.get("answered_by") else []
    return " · ".join([*parts, *([f"{reasons[0]}{more}"] if reasons else [])])
