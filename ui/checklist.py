"""What it takes to enter the next phase: asked for only on request, since it reads the whole decision log."""

from collections.abc import Sequence

import streamlit as st

from ui.client import Api, ApiDown, Json, Problem
from ui.connection import api
from ui.words import moment, plain

PATH = "/v1/rollout/checklist"
FOUND = "checklist"  # session: the last checklist that was asked for here, with when
PATIENCE_SECONDS = 120.0


def show_checklist(next_phase: str) -> None:
    """The button that asks, and what was last found."""
    if st.button(f"What does {plain(next_phase)} take?", key="ask-checklist"):
        with st.spinner("Reading the records …"):
            st.session_state[FOUND] = asked(api())
    found = st.session_state.get(FOUND)
    if found is None or found["next_phase"] != next_phase:
        return
    show_items(found["items"])
    st.caption(f"Found {found['at']}; when somebody asks to advance it is found again.")


def asked(api_: Api) -> Json | None:
    """The checklist with the time it was found at; None where the API refused, which is told."""
    try:
        found = api_.look(PATH, PATIENCE_SECONDS)
    except (ApiDown, Problem) as failure:
        st.error(f"**The checklist cannot be had.** {plain(failure)}")
        return None
    return {**found, "at": moment(api_.served_at().isoformat())}


def show_items(items: Sequence[Json]) -> None:
    """Every line of a checklist: whether it holds, what was found, and the next step where it does not."""
    missing = sum(not item["satisfied"] for item in items)
    st.markdown(f"**{missing} of {len(items)} missing**" if missing else "✔ **Everything holds.**")
    st.table([item_row(item) for item in items], border="horizontal", hide_index=True)


def item_row(item: Json) -> dict[str, str]:
    """One line of a checklist as a row of the table; those that are missing say what to do."""
    return {
        "": "✔" if item["satisfied"] else ":orange[**○\u00a0missing**]",
        "asked for": plain(item["asks"]),
        "found": plain(item["found"]),
        "next step": plain(item["next_step"] or ""),
    }
