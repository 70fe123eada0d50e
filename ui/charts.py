"""Two small charts over recent decisions: verdicts by session, and which rules object most."""

from collections import Counter
from collections.abc import Sequence

import altair as alt
import streamlit as st

from ui.client import Json
from ui.words import MARKS, VERDICTS

COLOURS = ("#2f6fb0", "#e08a1e", "#a61b1b")  # apart in lightness too: APPROVE, REVIEW, REJECT
HEIGHT = 230  # pixels, legend and axis included
MOST_RULES = 7


def show_charts(decisions: Sequence[Json]) -> None:
    """Both charts side by side; nothing while there is nothing to draw."""
    if not decisions:
        return
    sessions, rules = st.columns(2, gap="large")
    with sessions:
        st.markdown(f"**Verdicts by day** :gray[the last {len(decisions)} decisions]")
        st.altair_chart(by_session(decisions), width="stretch", alt=summary(decisions))
    with rules:
        st.markdown("**What objected** :gray[hits by rule]")
        if any(item["reasons"] for item in decisions):
            st.altair_chart(by_rule(decisions), width="stretch", alt="hits by rule, most frequent first")
        else:
            st.caption("Nothing so far.")


def by_session(decisions: Sequence[Json]) -> alt.Chart:
    """Verdicts stacked by day of evaluation."""
    counted = Counter((item["evaluated_at"][:10], item["decision"]) for item in decisions)
    rows = [
        {"day": day, "verdict": word, "decisions": count, "order": VERDICTS.index(word)}
        for (day, word), count in sorted(counted.items())
    ]
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(VERDICTS), range=list(COLOURS)),
        legend=alt.Legend(orient="top", title=None, offset=12, padding=0),
    )
    return _bars(rows).encode(
        x=alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        y=alt.Y("decisions:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        color=colour,
        order="order:Q",
        tooltip=["day:O", "verdict:N", "decisions:Q"],
    )


def by_rule(decisions: Sequence[Json]) -> alt.Chart:
    """How often each rule was among the reasons, the most frequent first."""
    hits = Counter(
        (r["rule"].rpartition("/")[2], r["decision"]) for item in decisions for r in item["reasons"]
    )
    rows = [
        {"rule": f"{MARKS[word][0]} {rule}", "verdict": word, "hits": count}
        for (rule, word), count in hits.most_common(MOST_RULES)
    ]
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=list(VERDICTS), range=list(COLOURS)), legend=None)
    return _bars(rows).encode(
        x=alt.X("hits:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("rule:N", title=None, sort="-x", axis=alt.Axis(labelLimit=240, labelOverlap=False)),
        color=colour,
        tooltip=["rule:N", "verdict:N", "hits:Q"],
    )


def _bars(rows: list[dict[str, str | int]]) -> alt.Chart:
    chart: alt.Chart = alt.Chart(alt.InlineData(values=rows), height=HEIGHT).mark_bar()
    return chart


def summary(decisions: Sequence[Json]) -> str:
    """The first chart in words, for those who do not see it."""
    counted = Counter(item["decision"] for item in decisions)
    return ", ".join(f"{counted[word]} {word}" for word in VERDICTS)
