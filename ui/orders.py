"""The page of orders: newest first, each opening with its life, its fills, and why it was allowed."""

import streamlit as st

from ui import order_words
from ui.client import Api, Json
from ui.connection import api, failures_shown
from ui.filters import ALL, choose_size, choose_symbol, remember_symbols
from ui.follow import every
from ui.lines import opening
from ui.order_detail import show_order


def show() -> None:
    """The whole page."""
    st.title("Orders")
    st.caption("What went to the broker and what came of it, newest first. Open one to see its life.")
    wanted = filters()
    st.fragment(show_list, run_every=every())(*wanted)


def filters() -> tuple[str | None, str | None, int]:
    """The state, the symbol (None for any) and the number of orders that the person asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.selectbox(
            "State", (ALL, *order_words.STATES), format_func=order_words.words, key="state", width=220
        )
        return (None if state == ALL else state), choose_symbol("order-symbol"), choose_size("orders-shown")


def show_list(state: str | None, symbol: str | None, shown: int) -> None:
    """The list; runs again by itself while the person follows."""
    with failures_shown():
        items = api().get("/v1/orders", state=state, symbol=symbol, limit=shown)["items"]
        remember_symbols(items)
        with st.container(gap="xsmall"):
            for item in items:
                show_row(api(), item)
        if not items:
            st.info("No order yet that fits. Press play in the bar at the left, or loosen the filter.")


def show_row(api_: Api, item: Json) -> None:
    """One order as a line that opens; its life is fetched only then."""
    row = opening(order_words.headline(item), f"order-{item['order_id']}")
    if row.open:
        with row, failures_shown():
            show_order(api_, item["order_id"], "orders-")
