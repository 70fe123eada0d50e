"""Our books and the broker's side by side: positions and cash, sums of executions, orders."""

from collections.abc import Sequence

import streamlit as st

from ui import book_words
from ui.client import Json
from ui.words import NOTHING, money, plain, shares


def show_picture(picture: Json) -> None:
    """Both books as one look saw them, after its repairs."""
    assets, sums = st.columns((3, 2), gap="large")
    with assets:
        st.markdown("**Positions and cash**")
        st.table([asset_row(one) for one in picture["assets"]], border="horizontal", hide_index=True)
    with sums:
        st.markdown(f"**Executions** :gray[of {picture['compared']} orders that were compared]")
        st.table(execution_rows(picture), border="horizontal", hide_index=True)
    show_orders(picture["orders"])


def asset_row(asset: Json) -> dict[str, str]:
    """One symbol, or the cash, as a row of the table."""
    name = asset["asset"]
    return {
        "of": plain(name),
        "here": book_words.amount(name, asset["ours"]),
        "at the broker": book_words.amount(name, asset["theirs"]),
        "broker has more": book_words.difference(asset),
        "both": book_words.agreement(asset),
    }


def execution_rows(picture: Json) -> list[dict[str, str]]:
    """What was traded in all, a row for each number and a column for each side."""
    ours, theirs = sums(picture["executions_ours"]), sums(picture["executions_theirs"])
    return [{"sum of": name, "here": ours[name], "at the broker": theirs[name]} for name in ours]


def sums(executions: Json) -> dict[str, str]:
    """One side's executions in numbers."""
    return {
        "orders": str(executions["orders"]),
        "shares": shares(executions["shares"]),
        "dollars": plain(money(executions["dollars"])),
        "commission": plain(money(executions["commission"])),
    }


def show_orders(orders: Sequence[Json]) -> None:
    """Orders at work on either side, and those that differ."""
    st.markdown("**Orders at work, and those that differ**")
    if not orders:
        st.caption("No order is at work on either side, and none differs.")
        return
    st.table([order_row(order) for order in orders], border="horizontal", hide_index=True)


def order_row(order: Json) -> dict[str, str]:
    """One order as a row of the table."""
    return {
        "order": f"**{order['side']} {shares(order['qty'])} {plain(order['symbol'])}**",
        "here": book_words.side(order["ours"]),
        "at the broker": book_words.side(order["theirs"]),
        "both": same(order),
        "at the broker by": plain(order["external_order_id"] or NOTHING),
    }


def same(order: Json) -> str:
    """Whether both sides have the same of an order."""
    if order["left_alone"]:
        return ":gray[too young to judge]"
    return "✔\u00a0agree" if order["agrees"] else ":red[**✖\u00a0differ**]"
