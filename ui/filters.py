"""What the lists' filters share: the symbols met so far and how many rows to show."""

from collections.abc import Iterable

import streamlit as st

from ui.client import Json

PAGE_SIZES = (20, 50, 100)
SEEN = "symbols"  # session: symbols among what was listed so far
ALL = "all"


def choose_symbol(key: str) -> str | None:
    """The symbol that the person asked for; None for any."""
    seen = sorted(st.session_state.setdefault(SEEN, set()))
    chosen: str | None = st.selectbox("Symbol", seen, index=None, placeholder="any", key=key, width=160)
    return chosen


def choose_size(key: str) -> int:
    """How many rows the person asked for."""
    return st.selectbox("Show", PAGE_SIZES, key=key, width=110)


def remember_symbols(items: Iterable[Json]) -> None:
    """Keep the symbols of ``items`` for the filter of the next run."""
    st.session_state.setdefault(SEEN, set()).update(item["symbol"] for item in items)
