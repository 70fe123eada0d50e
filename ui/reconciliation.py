"""The page of reconciliation: our books beside the broker's, what differed, and how it was put right."""

import streamlit as st

from ui import book_words
from ui.asking import press, show_refusal
from ui.beside import show_picture
from ui.client import Json
from ui.connection import api, failures_shown
from ui.follow import every
from ui.repairs import show_explained, show_external, show_frozen, show_repairs
from ui.words import moment, plain

PATH = "/v1/reconciliation"
RUN = f"{PATH}/run"
PLACE = "reconciliation"


def show() -> None:
    """The whole page."""
    st.title("Reconciliation")
    st.caption("Our books beside the broker's. The broker is right about executions; we follow.")
    st.fragment(show_books, run_every=every())()


def show_books() -> None:
    """Everything on the page; runs again by itself while the person follows."""
    with failures_shown():
        found = api().get(PATH)
        show_start(found["start"])
        show_look(found["last"])
        show_frozen(found["frozen"])
        show_both(found)
        show_repairs(found["repairs"])
        show_external(found["external"])
        show_explained(found["explained"])


def show_start(start: Json | None) -> None:
    """Whether the books have been settled since the last start, before which only exits are sent."""
    if start is None:
        st.info("Execution has not started on this store, so nothing has been compared.")
    elif start["waits_for"] is not None:
        started = f"Started {moment(start['started_at'])}: {plain(start['waits_for'])}"
        st.warning(f"**Only exits are sent until the books are settled.** {started}")


def show_look(look: Json | None) -> None:
    """What the last look at the broker came to, and a button to look again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(said(look), width="stretch")
        st.button("Compare now", key="compare", on_click=press, args=(PLACE, RUN))
    show_refusal(PLACE)


def said(look: Json | None) -> str:
    """The last look in a line: what it came to, when, since when it has been so, and who looked."""
    if look is None:
        return "Nothing has been compared yet."
    since = f", the same since {moment(look['first_at'])}" if look["first_at"] != look["at"] else ""
    why = f": {plain(look['why'])}" if look["why"] else ""
    told = f"compared {moment(look['at'])} by {plain(look['by'])}{since}"
    return f"{book_words.outcome(look['outcome'])}{why} :gray[{told}]"


def show_both(found: Json) -> None:
    """Both books as of the last look that the broker answered."""
    answered = found["last_answered"]
    if answered is None or answered["picture"] is None:
        return
    if answered["at"] != found["last"]["at"]:
        st.caption(f"What follows is of {moment(answered['at'])}, when the broker last answered.")
    show_picture(answered["picture"])
