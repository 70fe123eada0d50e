"""The stops on the safety page: each that holds with the form that lets go, and everything there ever was."""

from collections.abc import Sequence

import streamlit as st

from ui import stop_words
from ui.client import Json
from ui.connection import api, failures_shown
from ui.noted import show_noted
from ui.stop_effects import effect
from ui.stops import PATH, REARM, gravest_first
from ui.words import brief, plain

CONSEQUENCE = (
    "**If you let go,** the rules decide again from the next signal on. Nothing that was cancelled comes "
    "back by itself. It takes the role operator, and your note goes on record."
)


def show_stops() -> None:
    """What holds, and what happened; runs again by itself while the person follows."""
    with failures_shown():
        found = api().get(PATH)
        holding = gravest_first([stop for stop in found["items"] if stop["state"] != stop_words.ACTIVE])
        for stop in holding:
            show_stop(stop, found["history"])
        if not holding:
            st.markdown(
                "✔ Nothing is stopped. The button at the top stops everything, one symbol or one strategy."
            )
        show_history(found["history"])


def show_stop(stop: Json, history: Sequence[Json]) -> None:
    """One stop, what it means, whatever else tripped it since, and the form that lets go."""
    with st.container(border=True):
        so_far = f"So far: {effect(api(), stop)}"
        st.markdown("  \n".join([stop_words.standing(stop), stop_words.now(stop), so_far]))
        for further in tripped_since(stop, history):
            st.markdown(f"- since then also: {stop_words.told(further)}")
        if stop["cause"] == stop_words.UNREADABLE:
            st.caption("It goes by itself once the stops can be read again; nothing needs re-arming.")
        else:
            st.markdown(CONSEQUENCE)
            show_rearm(stop["scope"])


def tripped_since(stop: Json, history: Sequence[Json]) -> list[Json]:
    """What tripped the same scope after the stop that holds, the first of them first."""
    later = [one for one in history if one["scope"] == stop["scope"] and one["number"] > stop["number"]]
    return [one for one in reversed(later) if one["act"] == "tripped"]


def show_rearm(scope: str) -> None:
    """The form that lets go."""
    button = f"Let {stop_words.scope(scope)} go on"
    show_noted(f"rearm-{scope}", "Why it is safe to go on", button, REARM, {"scope": scope})


def show_history(history: Sequence[Json]) -> None:
    """Every trip and every re-arming, the latest first."""
    if not history:
        return
    with st.expander("Everything that was stopped and let go"):
        st.table([event_row(one) for one in history], border="horizontal", hide_index=True)


def event_row(event: Json) -> dict[str, str]:
    """One trip or re-arming as a row of the table."""
    tripped = event["act"] == "tripped"
    return {
        "time (UTC)": brief(event["at"]),
        "what": stop_words.state(event) if tripped else "let go",
        "of": stop_words.scope(event["scope"]),
        "by": plain(event["by"]),
        "because": stop_words.cause(event) if tripped else "",
        "note": plain(event["note"]),
    }
