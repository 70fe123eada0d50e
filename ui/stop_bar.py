"""The bar at the top of every screen: what is stopped, and the button that stops in two clicks."""

import streamlit as st

from ui import stop_words
from ui.asking import told
from ui.client import ApiDown, Json, Problem
from ui.connection import api
from ui.filters import SEEN
from ui.stop_effects import effect
from ui.stops import TRIP, TRIP_SECONDS, Standing, look
from ui.words import plain

LOOK_EVERY_SECONDS = 1.0
FAILED = "stop-failed"  # session: why the last attempt to stop did not get through, until the next
ROUND = "stop-round"  # session: how many stops were made here; each empties and closes the form
MOST_TOLD = 3
LONGEST_NOTE = 2000
WAYS = (stop_words.HALTED, stop_words.REDUCING)


def show_bar() -> None:
    """Before anything else of a screen, so that nothing that hangs or fails there is in its way.

    The button comes first here too: asking how things stand may take its time.
    """
    with st.container(key="stop-bar", gap="xsmall"):
        row = st.container(horizontal=True, vertical_alignment="center")
        left = row.container(key="stop-standing", width="stretch")
        with row:
            show_button()
        show_failure()
        with left:
            st.fragment(show_standing, run_every=LOOK_EVERY_SECONDS)()


def show_standing() -> None:
    """What is stopped now; looks again every second, whether or not the person follows the page."""
    found = look(api())
    if found.unread is not None:
        st.error(unread(found.unread))
    elif not found.stops:
        st.caption("Nothing is stopped.")
    elif any(stop["state"] == stop_words.HALTED for stop in found.stops):
        st.error(holding(found))
    else:
        st.warning(holding(found))


def unread(why: str) -> str:
    """That nobody knows here, what that means, and the way that needs no API."""
    return (
        f"**■ The stops cannot be read, which counts as stopped.** {plain(why)}  \n"
        "Whatever of the house cannot read them either takes no new risk; the rest may go on. "
        f"To stop all of it: `{stop_words.COMMAND}`"
    )


def holding(found: Standing) -> str:
    """The stops that hold, the gravest first, with what the first of them means."""
    lines = [stop_words.standing(stop) for stop in found.stops[:MOST_TOLD]]
    more = len(found.stops) - len(lines)
    lines += [f"and {more} more, on the screen Safety"] if more else []
    first = found.stops[0]
    return "  \n".join([*lines, stop_words.now(first), f"So far: {effect(api(), first)}"])


def show_button() -> None:
    """The first click opens the form, in the browser alone; the second stops."""
    number = st.session_state.setdefault(ROUND, 0)
    with st.popover("■ **Stop trading**", key=f"stop-{number}", help="one more click stops everything"):
        with st.form(f"stop-form-{number}", border=False):
            pressed = st.form_submit_button("■ Stop now", key=f"stop-now-{number}", type="primary")
            show_choices(number)
        if pressed:
            trip(number)
        show_failure()


def show_choices(number: int) -> None:
    """What to stop and how hard, each with what follows from it; as it stands, everything halts."""
    scopes = [stop_words.EVERYTHING, *(f"symbol:{name}" for name in sorted(st.session_state.get(SEEN, ())))]
    st.selectbox(
        "What to stop",
        scopes,
        key=f"stop-scope-{number}",
        accept_new_options=True,
        help="everything, or write symbol:AAPL or strategy:trend",
    )
    captions = [stop_words.MEANINGS[way] for way in WAYS]
    st.radio("How", WAYS, captions=captions, key=f"stop-state-{number}")
    st.checkbox(f"Halt and hold exits too: {stop_words.EXITS_HELD}", key=f"stop-hold-{number}")
    st.text_input(
        "Note", key=f"stop-note-{number}", placeholder="why; may be left empty", max_chars=LONGEST_NOTE
    )


def trip(number: int) -> None:
    """Stop what the form says. A second click asks for the same once more, which changes nothing."""
    st.session_state.pop(FAILED, None)
    try:
        with st.spinner("Stopping …"):
            api().post(TRIP, wish(number), within=TRIP_SECONDS)
    except Problem as problem:
        st.session_state[FAILED] = told(problem)
    except ApiDown as failure:
        st.session_state[FAILED] = plain(failure)
    else:
        st.session_state[ROUND] = number + 1
        st.rerun()


def wish(number: int) -> Json:
    """The form as the API reads it; what holds exits halts, whichever way was chosen beside it."""
    scope, state, hold, note = (
        st.session_state[f"stop-{name}-{number}"] for name in ("scope", "state", "hold", "note")
    )
    way = stop_words.HALTED if hold else state
    return {"scope": scope, "state": way, "exits": not hold, "note": note.strip()}


def show_failure() -> None:
    """That the last attempt to stop did not get through, and the way that needs no API."""
    if FAILED in st.session_state:
        st.error(
            f"**■ Not stopped, as far as anybody knows here.** {st.session_state[FAILED]}  \n"
            f"Try again, or stop by command: `{stop_words.COMMAND}`"
        )
