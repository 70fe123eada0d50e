"""Sessions of which a bar is missing: features start anew after them."""

from collections.abc import Sequence

import streamlit as st

from ui.client import Api, Json
from ui.words import plain

PATH = "/v1/market/gaps"
MOST = 12  # days that are named for a symbol


def show_gaps(api: Api) -> None:
    """The missing sessions of each symbol; nothing where none is missing."""
    found = api.get(PATH)["items"]
    if found:
        st.markdown("**Missing bars** :gray[features start anew after them]\n" + "\n".join(gap_lines(found)))


def gap_lines(gaps: Sequence[Json]) -> list[str]:
    """One list item for each symbol, with its latest days."""
    days: dict[str, list[str]] = {}
    for gap in gaps:
        days.setdefault(gap["symbol"], []).append(gap["session"])
    return [gap_line(symbol, sorted(missing, reverse=True)) for symbol, missing in sorted(days.items())]


def gap_line(symbol: str, missing: Sequence[str]) -> str:
    """How many sessions of a symbol are missing, and the latest of them."""
    more = f" and {len(missing) - MOST} before" if len(missing) > MOST else ""
    return f"- **{plain(symbol)}** {len(missing)}: {plain(', '.join(missing[:MOST]))}{more}"
