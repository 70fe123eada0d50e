"""The page of decisions: as they come, newest first, each one opening with every rule explained."""

import streamlit as st

from ui.charts import show_charts
from ui.client import Api, Json
from ui.connection import api, failures_shown
from ui.explain import show_decision
from ui.words import VERDICTS, percent, plain, verdict, when

REFRESH_SECONDS = 2.0
PAGE_SIZES = (20, 50, 100)
CHARTED = 200  # decisions behind the charts
ALL = "all"


def show() -> None:
    """The whole page."""
    st.title("Decisions")
    st.caption("What the gate said of each signal, newest first. Open one to see every rule.")
    wanted = filters()
    every = REFRESH_SECONDS if st.session_state["follow"] else None
    st.fragment(show_list, run_every=every)(*wanted)


def filters() -> tuple[str | None, str | None, int]:
    """The verdict, the symbol (None for any) and the number of decisions that the person asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = st.segmented_control("Verdict", (ALL, *VERDICTS), default=ALL, key="verdict")
        symbol = st.selectbox(
            "Symbol", seen_symbols(), index=None, placeholder="any", key="symbol", width=160
        )
        shown = st.selectbox("Show", PAGE_SIZES, key="shown", width=110)
        st.toggle("Follow", value=True, key="follow", help="new decisions appear by themselves")
    return (None if word in (ALL, None) else word), symbol, shown


def seen_symbols() -> list[str]:
    """The symbols among the decisions seen so far, for the filter."""
    return sorted(st.session_state.setdefault("symbols", set()))


def show_list(word: str | None, symbol: str | None, shown: int) -> None:
    """Charts and list; runs again by itself while the person follows."""
    with failures_shown():
        found = api().get("/v1/policy/decisions", limit=CHARTED)["items"]
        remember_symbols(found)
        show_charts(found)
        items = api().get("/v1/policy/decisions", decision=word, symbol=symbol, limit=shown)["items"]
        for item in items:
            show_row(api(), item)
        if not items:
            st.info(
                "No decision yet that fits. Press play in the bar at the left, or loosen the filter.",
            )


def remember_symbols(items: list[Json]) -> None:
    """Keep the symbols of ``items`` for the filter of the next run."""
    st.session_state["symbols"].update(item["symbol"] for item in items)


def show_row(api_: Api, item: Json) -> None:
    """One decision as a line that opens; its explanation is fetched only then."""
    key = f"decision-{item['decision_id']}"
    row = st.expander(headline(item), key=key, on_change="rerun")
    if row.open:
        with row:
            show_decision(api_, whole_decision(item["decision_id"], api_))


@st.cache_data(max_entries=500, show_spinner=False)
def whole_decision(decision_id: str, _api: Api) -> Json:
    """A decision with facts and rules; its id names it in every store and it never changes: fetched once."""
    return dict(_api.get(f"/v1/policy/decisions/{decision_id}"))


def headline(item: Json) -> str:
    """One decision in a line: verdict, what was asked, how much is allowed, when, and the first reason."""
    size = f" up to {percent(item['approved_size_pct'])}" if item["decision"] == "APPROVE" else ""
    reasons = [plain(reason["message"]) for reason in item["reasons"]]
    more = f" (+{len(reasons) - 1} more)" if len(reasons) > 1 else ""
    why = f" · {reasons[0]}{more}" if reasons else ""
    at = f"{when(item['evaluated_at']):%Y-%m-%d %H:%M:%S}"
    answered = f" · answered by {plain(item['answered_by'])}" if item.get("answered_by") else ""
    deal = f"**{item['candidate_action']} {plain(item['symbol'])}**"
    return f"{verdict(item['decision'])} · {deal}{size} · :gray[{at}]{answered}{why}"
