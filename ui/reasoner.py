"""Who reasons, whether they may be asked now, and what a day of memos came to."""

from collections.abc import Mapping

import streamlit as st

from ui.client import Api, Json
from ui.memo_words import STANDINGS, WHY
from ui.words import NOTHING, code, duration_of, money, plain

PATH = "/v1/reasoning/status"
BREAKER: Mapping[str, str] = {
    "closed": "✔\u00a0asked as usual",
    "trying": ":orange[**◆\u00a0asked once more, on trial**]",
    "open": ":red[**✖\u00a0not asked for a while: it failed too often**]",
}


def show_reasoner(api: Api) -> None:
    """One line on who reasons, and the day in figures."""
    found = api.get(PATH)
    st.markdown(f"**Reasoner** {code(found['reasoner'])} · {breaker(found)}")
    today = found["today"]
    figures = (
        ("Memos today", str(sum(today["statuses"].values())), statuses(today)),
        ("Without an opinion", str(without(today)), reasons(today)),
        ("Slowest", slowest(today), "of its memos today"),
        ("Tokens", f"{today['input_tokens'] + today['output_tokens']:,}", tokens(today)),
        ("Cost", money(today["cost"]), f"on {today['day']}"),
    )
    for column, (label, figure, note) in zip(st.columns(len(figures)), figures, strict=True):
        with column.container(border=True, gap=None):
            st.metric(label, plain(figure))
            st.caption(note)


def breaker(found: Json) -> str:
    """Whether it is asked; a reasoner in the house needs no breaker."""
    state = found["breaker"]
    return ":gray[thinks in the house and asks nobody]" if state is None else BREAKER.get(state, plain(state))


def statuses(today: Json) -> str:
    """Memos by status: ``OK 12, failed 1``."""
    return plain(", ".join(f"{word} {count}" for word, count in today["statuses"].items())) or "none yet"


def without(today: Json) -> int:
    """Memos that hold no opinion."""
    return sum(today["statuses"].get(word, 0) for word in STANDINGS)


def reasons(today: Json) -> str:
    """Why there was no opinion, the most frequent first."""
    ordered = sorted(today["reasons"].items(), key=lambda one: (-one[1], one[0]))
    return "; ".join(f"{count}: {plain(WHY.get(name, name))}" for name, count in ordered) or "nothing failed"


def slowest(today: Json) -> str:
    """The longest time that a memo took."""
    seconds = today["slowest_seconds"]
    return NOTHING if seconds is None else duration_of(seconds)


def tokens(today: Json) -> str:
    """Tokens sent and received."""
    return f"{today['input_tokens']:,} in, {today['output_tokens']:,} out"
