"""The page of the senses: what comes in from outside, how far it is believed, and who reasons about it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from ui.announced import show_blackouts
from ui.client import Api, Problem
from ui.connection import api, failures_shown
from ui.feature_plots import show_features
from ui.feed import show_feed
from ui.filters import SEEN
from ui.follow import every
from ui.gaps import show_gaps
from ui.news import show_desk, show_news
from ui.quarantine import show_quarantine
from ui.reasoner import show_reasoner

USUAL = ("AAPL", "FB", "GOOG", "IBM", "MSFT")  # offered until the feed has told its own
LOOKED_AT = "senses-symbol"
SLOW_SECONDS = 10.0


def show() -> None:
    """The whole page."""
    st.title("Senses")
    st.caption("What comes in from outside, how far it is believed, and what the reasoner makes of it.")
    for part, what in (
        (show_reasoner, "a reasoner"),
        (show_feed, "a feed"),
        (show_quarantine, "a quarantine"),
    ):
        st.fragment(part_of_page, run_every=every())(part, what)
    st.fragment(part_of_page, run_every=slowly())(show_gaps, "missing bars")
    symbol = choose()
    st.fragment(show_symbol, run_every=slowly())(symbol)
    st.fragment(part_of_page, run_every=slowly())(show_desk, "sources of news")


def slowly() -> float | None:
    """As ``every``, for what seldom changes and takes long to draw."""
    return SLOW_SECONDS if every() is not None else None


def part_of_page(part: Callable[[Api], None], what: str) -> None:
    """``part`` of the page; what goes wrong in it is told in its place, and the others stay."""
    with failures_shown():
        try:
            part(api())
        except Problem as problem:
            if problem.status != 404:
                raise
            st.caption(f"This API tells of no such thing as {what}.")


def choose() -> str:
    """The symbol that is looked at closely."""
    known = sorted(st.session_state.get(SEEN) or USUAL)
    st.markdown("**One symbol closely**")
    chosen: str = st.selectbox("Symbol", known, key=LOOKED_AT, width=160, label_visibility="collapsed")
    return chosen


def show_symbol(symbol: str) -> None:
    """Its features, its news and the announced events that hold it; each fails by itself."""
    part_of_page(partial(show_features, symbol=symbol), "features of it")
    news, events = st.columns(2, gap="large")
    with news:
        part_of_page(partial(show_news, symbol=symbol), "news")
    with events:
        part_of_page(partial(show_blackouts, symbol=symbol), "blackouts")
