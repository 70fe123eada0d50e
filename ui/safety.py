"""The page of safety: what is stopped, how far the rollout is, which limits stand, how the day compares."""

import streamlit as st

from ui.client import Api
from ui.connection import api, failures_shown
from ui.curves import DAY, drawdown, points, time_axis
from ui.drills import show_drills
from ui.figures import drawdown_limit
from ui.follow import every
from ui.limits import show_limits
from ui.phase import show_phase
from ui.stops_in_force import show_stops
from ui.today import portfolio
from ui.words import percent, rough_percent


def show() -> None:
    """The whole page."""
    st.title("Safety")
    st.caption("What is stopped, how far the rollout is, and how near the day came to its limits.")
    st.fragment(show_stops, run_every=every())()
    st.fragment(show_limits, run_every=every())()
    st.fragment(show_day, run_every=every())()
    show_phase()
    show_drills()


def show_day() -> None:
    """The day's loss against its limit; runs again by itself while the person follows."""
    with failures_shown():
        book = portfolio(api())
        if book is not None:
            show_drawdown(api(), book["session"])


def show_drawdown(api_: Api, session: str | None) -> None:
    """The drawdown of the session with the line at which new risk stops."""
    limit = drawdown_limit(api_)
    found = points(api_, DAY, session)
    st.markdown("**Lost since the open** :gray[unrealised included]")
    if len(found) < 2:
        st.caption("The curve begins with the second snapshot of the session. Play or step on.")
        return
    worst = max((point.drawdown or 0.0 for point in found), default=0.0)
    said = f"worst {rough_percent(worst)}, limit {percent(limit)}"
    st.altair_chart(drawdown(found, time_axis(DAY), limit), width="stretch", alt=said)
