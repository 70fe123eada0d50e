"""Asking for something that goes on record with its reason: a note, a button, nothing without a note."""

import streamlit as st

from ui.asking import ask, refusals, show_refusal
from ui.client import Json


def show_noted(place: str, question: str, button: str, path: str, body: Json) -> None:
    """A line with ``question`` for the note and ``button``, which posts ``body`` and the note to ``path``."""
    with (
        st.form(place, enter_to_submit=False, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(question, key=f"{place}-note")
        st.form_submit_button(button, key=f"{place}-send", on_click=send, args=(place, path, body))
    show_refusal(place)


def send(place: str, path: str, body: Json) -> None:
    """Ask once the note is written; what was noted is gone when it was done."""
    note = st.session_state[f"{place}-note"].strip()
    if not note:
        refusals()[place] = "**Write the reason first:** it goes on record with what is done."
    elif ask(place, path, {**body, "note": note}) is not None:
        st.session_state[f"{place}-note"] = ""
