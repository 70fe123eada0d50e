"""Announced events on a time line: when trading pauses, for whom, and whether it does now."""

from collections.abc import Sequence

import altair as alt
import streamlit as st

from ui.charts import COLOURS
from ui.client import Api, Json
from ui.words import brief, plain

PATH = "/v1/market/blackouts"
HEIGHT = 34  # pixels an event
MOST = 12


def show_blackouts(api: Api, symbol: str) -> None:
    """The windows that can hold ``symbol``, as a time line and in words."""
    found = api.get(PATH, symbol=symbol)
    st.markdown(f"**Blackouts** :gray[{standing(symbol, found)}]")
    windows = found["items"][:MOST]
    if not windows:
        st.caption(f"None is announced from {found['first']} to {found['last']}.")
        return
    st.altair_chart(time_line(windows, found["as_of"]), width="stretch", alt=f"{len(windows)} windows")
    st.markdown("\n".join(window_line(one) for one in windows))
    st.caption(
        f"Quiet can be told to {found['covered_to']}; after that the rules reject, since nobody knows."
    )


def standing(symbol: str, found: Json) -> str:
    """Whether a window holds the symbol now."""
    if found["active"] is None:
        return f"nobody can say for {plain(symbol)} now, so nothing of it is approved"
    return f"{plain(symbol)} is {'held now' if found['active'] else 'free now'}"


def window_line(window: Json) -> str:
    """One window as a list item."""
    who = plain(window["symbol"] or "all")
    span = f"{brief(window['starts'])[:16]} to {brief(window['ends'])[:16]}"
    return f"- **{who}** {plain(window['what'])} :gray[{span}, by {plain(window['told_by'])}]"


def time_line(windows: Sequence[Json], now: str) -> alt.LayerChart:
    """Windows as bars over time, with a line at ``now``."""
    rows = [{**one, "who": one["symbol"] or "all", "row": f"{at + 1}"} for at, one in enumerate(windows)]
    axis = alt.X(
        "starts:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%m-%d", tickCount=8)
    )
    label = alt.Y("who:N", title=None)
    height = HEIGHT * len({row["who"] for row in rows}) + 40
    bars = (
        alt.Chart(alt.InlineData(values=rows), height=height)
        .mark_bar(color=COLOURS[1], stroke=COLOURS[1], strokeWidth=3)
        .encode(x=axis, x2="ends:T", y=label, tooltip=["what:N", "who:N", "starts:N", "ends:N"])
    )
    here = alt.Chart(alt.InlineData(values=[{"now": now}])).mark_rule(color=COLOURS[0]).encode(x="now:T")
    return alt.LayerChart(layer=[bars, here])
