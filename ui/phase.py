"""The rollout on the safety page: the phase in force, what the next one takes, and moving on or back."""

from collections.abc import Sequence

import streamlit as st

from ui.asking import press, show_refusal
from ui.checklist import show_checklist, show_items
from ui.client import Json
from ui.connection import api, failures_shown
from ui.noted import show_noted
from ui.words import NOTHING, brief, moment, plain

PATH = "/v1/rollout"
ASK, CONFIRM, BACK = "phase-advance", "phase-confirm", "phase-back"  # places of refusals
PHASES = ("development", "paper", "sandbox", "live")
MEANINGS = {
    "development": "the sample history on the paper broker, with generous limits",
    "paper": "five symbols on the paper broker, flat by every close",
    "sandbox": "a broker's sandbox, a person answers for every trade, small orders",
    "live": "locked: no live broker is shipped",
}
STATUSES = {
    "OPEN": "◆ Waits for a second person:",
    "GRANTED": "✔ Granted:",
    "REFUSED": "○ Refused, something is missing:",
    "OUTDATED": "○ Outdated, the phase has changed since:",
}


def show_phase() -> None:
    """Where the rollout stands and how it goes on; not refreshed by itself, so that nothing typed is lost."""
    st.subheader("Rollout")
    with failures_shown():
        found = api().get(PATH)
        st.markdown(way(found["phase"]))
        since = f" since {moment(found['since'])}" if found["since"] else ""
        st.markdown(f"**{plain(found['phase'])}**{since}: {MEANINGS.get(found['phase'], '')}")
        show_packs(found["packs"])
        if found["next_phase"] is not None:
            show_checklist(found["next_phase"])
        show_requests(found["requests"])
        show_moves(found)
        show_history(found["history"])


def way(phase: str) -> str:
    """All phases in their order, the one in force in bold: ``development → **paper** → sandbox → live``."""
    return " → ".join(f"**● {one}**" if one == phase else f":gray[{one}]" for one in PHASES)


def show_packs(packs: Sequence[Json]) -> None:
    """The packs that judge because of the phase."""
    told = [f"{plain(one['pack'])} {plain(one['version'])} ({plain(one['set'])})" for one in packs]
    st.caption(f"Judging because of it: {', '.join(told)}" if told else "No pack judges because of it.")


def show_requests(requests: Sequence[Json]) -> None:
    """The newest request to advance, with what was found then; one that is open waits for a second person."""
    for request in requests[:1]:
        with st.container(border=True):
            asked = (
                f"by {plain(request['asked_by'])}, {moment(request['asked_at'])}: “{plain(request['note'])}”"
            )
            deal = f"{plain(request['from_phase'])} → {plain(request['to_phase'])}"
            st.markdown(f"**{STATUSES.get(request['status'], plain(request['status']))}** {deal} {asked}")
            if request["status"] == "OPEN":
                show_confirm(request)
            with st.expander("What was found then", expanded=request["status"] == "REFUSED"):
                show_items(request["checklist"])


def show_confirm(request: Json) -> None:
    """The second person's button."""
    st.markdown(
        f"**If you confirm,** the checklist is found again, and if it holds, {plain(request['to_phase'])} "
        "begins at once. It takes another person than the one who asked, with a key of their own."
    )
    body = {"request_id": request["request_id"]}
    st.button("Confirm", key=CONFIRM, on_click=press, args=(CONFIRM, f"{PATH}/confirm", body))
    show_refusal(CONFIRM)


def show_moves(found: Json) -> None:
    """Asking for the next phase, and going back to the one before."""
    forward, backward = st.columns(2, gap="large")
    if found["next_phase"] is not None:
        with forward:
            st.markdown(f"**Ask to advance to {plain(found['next_phase'])}** :gray[another person confirms]")
            show_noted(ASK, "Why the house is ready", "Ask to advance", f"{PATH}/advance", {})
    if found["phase"] != PHASES[0]:
        with backward:
            st.markdown("**Go back a phase** :gray[at once, and alone]")
            show_noted(BACK, "Why", "Go back", f"{PATH}/back", {})


def show_history(history: Sequence[Json]) -> None:
    """Every phase that was entered, the latest first."""
    if history:
        with st.expander("Every phase that was entered"):
            st.table([move_row(one) for one in history], border="horizontal", hide_index=True)


def move_row(move: Json) -> dict[str, str]:
    """One change of phase as a row of the table."""
    return {
        "time (UTC)": brief(move["at"]),
        "from": plain(move["from_phase"]),
        "to": f"**{plain(move['phase'])}**",
        "asked by": plain(move["by"]),
        "confirmed by": plain(move["confirmed_by"] or NOTHING),
        "because": plain(move["note"]),
    }
