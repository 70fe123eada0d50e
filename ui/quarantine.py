"""What inspection did not let in: held levels that wait for a person, and everything that was put aside."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ui.client import Api, Json
from ui.feed import PATH as FEED
from ui.noted import show_noted
from ui.words import NOTHING, brief, moment, money, plain

PATH = "/v1/market/quarantine"
ACCEPT = "/v1/market/accept"
SHOWN = 50
CONSEQUENCE = (
    "Until then nothing of this symbol is let in, its last quote grows old, and the rules reject what would "
    "trade it. **If you accept,** this level counts as true, once, with your name and note."
)


def show_quarantine(api: Api) -> None:
    """Held levels, each with the form that lets it in, what was let in so, then the list."""
    feed = api.get(FEED)
    for line in feed["items"]:
        if line["held"] is not None:
            show_held(line["symbol"], line["held"])
    if feed["acceptances"]:
        st.markdown(
            "**Accepted** :gray[the latest first]\n" + "\n".join(map(accepted_line, feed["acceptances"]))
        )
    show_cases(api.get(PATH, limit=SHOWN)["items"])


def show_held(symbol: str, held: Json) -> None:
    """A level that jumped and waits, what it jumped from, and the way to accept it."""
    level = plain(money(held["level"]))
    with st.container(border=True):
        st.markdown(
            f":orange[**◆\u00a0{plain(symbol)} is held at {level}**] since {moment(held['since'])}: "
            f"it jumped from {plain(held['against'])}"
        )
        st.markdown(CONSEQUENCE)
        body = {"symbol": symbol, "level": held["level"]}
        show_noted(f"accept-{symbol}", "Why it is true", f"Accept {level} for {plain(symbol)}", ACCEPT, body)


def accepted_line(made: Json) -> str:
    """A level that a person let in, as a list item: who, when and why."""
    who = f"by {plain(made['by'])} at {moment(made['at'])}: {plain(made['note'])}"
    return f"- **{plain(made['symbol'])}** at {plain(money(made['level']))} :gray[{who}]"


def show_cases(cases: Sequence[Json]) -> None:
    """Everything that was put aside, the latest first."""
    st.markdown("**Put aside** :gray[kept as it came, the latest first]")
    if not cases:
        st.caption("Nothing: every quote and bar that came was let in.")
        return
    st.table([case_row(case) for case in cases], border="horizontal", hide_index=True)


def case_row(case: Json) -> dict[str, str]:
    """One fault of a symbol on a day as a row of the table."""
    return {
        "last (UTC)": brief(case["last_at"]),
        "what": plain(case["kind"]),
        "of": plain(case["symbol"] or NOTHING),
        "times": str(case["times"]),
        "fault": plain(case["fault"]),
        "because": plain(case["text"]),
        "what came": came(case["came"]),
        "from": plain(case["source"]),
    }


def came(fields: Mapping[str, str]) -> str:
    """The fields of what came last, as they came."""
    return ", ".join(f"{plain(name)} {plain(text)}" for name, text in fields.items()) or NOTHING
