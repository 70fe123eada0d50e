"""The drills of the stops on the safety page: when the stops were last seen to work."""

import streamlit as st

from ui.client import Json
from ui.connection import api, failures_shown
from ui.stop_effects import OBEYED
from ui.words import brief, code, plain

COMMAND = "trivet stop drill"


def show_drills() -> None:
    """The last drills, newest first; nothing where the API has no execution."""
    with failures_shown():
        st.subheader("Drills")
        found = api().get(OBEYED)["drills"]
        if not found:
            st.markdown(
                f"The stops were never drilled. `{COMMAND}` trips each of them in a copy and trades nothing."
            )
            return
        st.table([drill_row(one) for one in found], border="horizontal", hide_index=True)


def drill_row(drill: Json) -> dict[str, str]:
    """One drill as a row of the table."""
    return {
        "time (UTC)": brief(drill["at"]),
        "came to": "✔\u00a0passed" if drill["passed"] else ":red[**✖\u00a0failed**]",
        "by": plain(drill["by"]),
        "digest of its table": code(drill["digest"][:16]),
    }
