"""Whether the pages go on by themselves: one switch at the left for all of them."""

import streamlit as st

REFRESH_SECONDS = 2.0
FOLLOW = "follow"  # session: whether the person follows


def show_switch() -> None:
    """The switch; it must stand outside of every part that refreshes by itself, so that the page hears it."""
    st.toggle("Follow", value=True, key=FOLLOW, help="whatever is new appears by itself")


def every() -> float | None:
    """After how many seconds a part of a page runs again; None while the person does not follow."""
    return REFRESH_SECONDS if st.session_state.get(FOLLOW, True) else None
