"""Asking the API to do something: one request, and its refusal kept in the place where it was asked."""

from collections.abc import MutableMapping
from typing import Any

import streamlit as st

from ui.client import ApiDown, Json, Problem
from ui.connection import api, next_step
from ui.words import plain

REFUSED = "refused"  # session: by place, the words in which the last request there was refused


def refusals() -> MutableMapping[Any, str]:
    """What was refused on these pages, by the place that asked."""
    kept: MutableMapping[Any, str] = st.session_state.setdefault(REFUSED, {})
    return kept


def ask(place: str, path: str, body: Json | None = None) -> Json | None:
    """The API's answer to one post; None when it refused, which ``show_refusal(place)`` then tells."""
    refusals().pop(place, None)
    try:
        return api().post(path, body)
    except Problem as problem:
        refusals()[place] = f"{told(problem)}{advice(problem)}"
    except ApiDown as failure:
        refusals()[place] = f"**The API is not there, so nothing was asked.** {plain(failure)}"
    return None


def told(problem: Problem) -> str:
    """A refusal of the API in its own words, with every fault that it names."""
    faults = [plain(fault["detail"]) for fault in problem.extra.get("errors") or ()]
    return " ".join([f"**{plain(problem.title)}** {plain(problem.detail)}", *faults])


def advice(problem: Problem) -> str:
    """What to do next; a refusal because of how things stand says all of it in its own words."""
    return "" if problem.status == 409 else f"  \n{next_step(problem)}"


def press(place: str, path: str, body: Json | None = None) -> None:
    """A button's request: what comes of it shows in what the button changes."""
    ask(place, path, body)


def show_refusal(place: str) -> None:
    """Why the last request from ``place`` was refused, until the next one."""
    if place in refusals():
        st.warning(refusals()[place])
