"""The lines of a list that open, each by its own key."""

from typing import Any

import streamlit as st

WORDS = "line-words"  # session: by key, what a line said when it was last closed


def opening(words: str, key: str) -> Any:
    """A line that says ``words``; its ``open`` tells whether to fill it.

    The browser closes a line whose words change. So an open one keeps the words it was opened by; how
    things stand now is told inside.
    """
    kept = st.session_state.setdefault(WORDS, {})
    if not st.session_state.get(key, False):
        kept[key] = words
    return st.expander(kept.get(key, words), key=key, on_change="rerun")
