"""The bar at the left: what time it is in the market, and the player's controls."""

import streamlit as st

from ui.asking import press, show_refusal
from ui.client import Json
from ui.connection import failures_shown, player
from ui.follow import REFRESH_SECONDS
from ui.words import when

PLACE = "player"
STATES = {"playing": "playing", "paused": "paused", "done": "played to the end"}
SPEEDS = (0.05, 0.1, 0.5, 1.0, 5.0, 20.0)  # steps per second


@st.fragment(run_every=REFRESH_SECONDS)
def show_player() -> None:
    """Time and session, then pause or play, one step, and the speed."""
    with failures_shown():
        status = player()
        if status is None:
            st.caption("No player here: the house goes by the real clock.")
            return
        show_time(status)
        show_controls(status)
        show_speed(status)
        show_refusal(PLACE)


def show_time(status: Json) -> None:
    """The market's time in large, the session and the state below."""
    at = when(status["time"])
    st.metric(f"{at:%A, %d %B %Y}", f"{at:%H:%M:%S} UTC")
    session = f"session {status['session']}" if status.get("session") else "no quotes yet"
    st.caption(f"{STATES.get(status['state'], status['state'])} · {session}")
    if status.get("error"):
        st.error(f"The player stopped: {status['error']}")


def show_controls(status: Json) -> None:
    """Play or pause, and one step."""
    done = status["state"] == "done"
    with st.container(horizontal=True):
        if status["state"] == "playing":
            st.button("Pause", key="pause", on_click=press, args=(PLACE, "/v1/player/pause"))
        else:
            st.button("Play", key="resume", on_click=press, args=(PLACE, "/v1/player/resume"), disabled=done)
        st.button("Step", key="step", on_click=press, args=(PLACE, "/v1/player/step"), disabled=done)


def show_speed(status: Json) -> None:
    """How many steps a second; the API's own speed is always among the choices."""
    current = float(status["speed"])
    options = sorted({*SPEEDS, current})
    st.select_slider(
        "Steps per second",
        options,
        value=current,
        key=f"speed-{current:g}",
        on_change=change_speed,
        args=(current,),
    )


def change_speed(current: float) -> None:
    """Hand the slider's new value to the player."""
    press(PLACE, "/v1/player/speed", {"speed": st.session_state[f"speed-{current:g}"]})
