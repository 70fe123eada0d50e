"""The positions as a table, and closing one or all of them: asked for, confirmed, and done once."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from ui.asking import ask, show_refusal
from ui.client import Json
from ui.words import change, money, plain, rough_percent, shares

FLATTEN = "/v1/portfolio/flatten"
CLOSING = "closing"  # session: the symbol that is to be closed once the person confirms, or EVERYTHING
SENT = "sent"  # session: what the last request led to, until it has been shown
EVERYTHING = "*"
PLACE = "flatten"
HEADS = ("symbol", "shares", "average cost", "mark", "value", "unrealised", "weight", "")
WIDTHS = (1.1, 1, 1.2, 1.2, 1.4, 1.4, 1, 1)


def show_positions(positions: Sequence[Json]) -> None:
    """The table with a button at each line, one for all, and the question before either acts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Positions**", width="stretch")
        if positions:
            st.button("Flatten everything", key="close-all", on_click=want, args=(EVERYTHING,))
    show_question(positions)
    show_refusal(PLACE)
    if SENT in st.session_state:
        st.toast(st.session_state.pop(SENT))
    if not positions:
        st.caption("Nothing is held. Approved signals become orders, and what fills of them stands here.")
        return
    with st.container(key="positions", gap=None):
        show_cells([f":gray[{head}]" for head in HEADS[:-1]])
        for position in positions:
            show_position(position)


def show_position(position: Json) -> None:
    """One position as a line of the table with its button."""
    symbol = position["symbol"]
    last = show_cells(
        [
            f"**{plain(symbol)}**",
            shares(position["qty"]),
            plain(money(position["avg_cost"])),
            plain(money(position["mark"])),
            plain(money(position["market_value"])),
            plain(change(position["unrealised"])),
            rough_percent(position["weight_pct"]),
        ]
    )
    last.button("Close", key=f"close-{symbol}", on_click=want, args=(symbol,), type="tertiary")


def show_cells(texts: Sequence[str]) -> st.delta_generator.DeltaGenerator:
    """One line of the table, numbers to the right; gives the free cell at its end."""
    *cells, last = st.columns(WIDTHS, vertical_alignment="center")
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.markdown(text, text_alignment="right" if number else "left")
    return last


def want(symbol: str) -> None:
    """Remember what is to be closed; nothing is sent before the person confirms."""
    st.session_state[CLOSING] = symbol


def show_question(positions: Sequence[Json]) -> None:
    """What would be done, with a button that does it and one that does not."""
    symbol = st.session_state.get(CLOSING)
    held = [one for one in positions if symbol in (one["symbol"], EVERYTHING)]
    if not held:
        return
    sold = ", ".join(f"{trade(Decimal(one['qty']))} **{plain(one['symbol'])}**" for one in held)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"◆ At the market, as soon as it trades: {sold}. This cannot be taken back.", width="stretch"
        )
        st.button(
            "Yes, close" if symbol != EVERYTHING else "Yes, flatten",
            key="confirm",
            on_click=close,
            type="primary",
        )
        st.button("Keep", key="keep", on_click=keep)


def trade(qty: Decimal) -> str:
    """What takes a position of ``qty`` shares back to none."""
    return f"{'sell' if qty > 0 else 'buy back'} {shares(abs(qty))}"


def keep() -> None:
    """Close nothing after all."""
    st.session_state.pop(CLOSING, None)


def close() -> None:
    """Ask for the orders once: whoever takes the wish out of the session sends it."""
    symbol = st.session_state.pop(CLOSING, None)
    if symbol is None:
        return
    answer = ask(PLACE, FLATTEN, {} if symbol == EVERYTHING else {"symbol": symbol})
    if answer is not None:
        st.session_state[SENT] = sent(answer)


def sent(answer: Json) -> str:
    """What the request led to: ``2 orders sent, 1 cancelled to make way for them``."""
    orders, cancelled = len(answer["orders"]), len(answer["cancelled"])
    said = "1 order sent" if orders == 1 else f"{orders} orders sent"
    return f"{said}, {cancelled} cancelled to make way" if cancelled else said
