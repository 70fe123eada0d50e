"""Equity and drawdown as curves, over the day by its snapshots or over sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import streamlit as st

from ui.client import Api, Json
from ui.words import brief, money, percent, rough_percent

DAY, ALL = "this session", "all sessions"
MOST = 500  # points of a curve, the newest
FEW = 40  # points of a curve that are marked one by one
BLUE, RED, HEIGHT = "#2f6fb0", "#a61b1b", 210  # height in pixels


@dataclass(frozen=True, slots=True)
class Point:
    """The book at one time: equity in dollars, drawdown as a fraction of the equity at the open.

    ``drawdown`` is None where there is nothing to measure it by.
    """

    at: str
    said: str
    equity: str
    drawdown: float | None


def choose_span() -> str:
    """Whether the curves show the session or all of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**How it went**", width="stretch")
        return st.segmented_control(
            "Span", (DAY, ALL), default=DAY, required=True, key="span", label_visibility="collapsed"
        )


def points(api: Api, span: str, session: str | None) -> list[Point]:
    """The curve's points, oldest first: the snapshots of ``session``, or one for each session."""
    if span == ALL:
        found = api.get("/v1/portfolio/history", by="session", limit=MOST)["items"]
        return [of_session(item) for item in reversed(found)]
    found = api.get("/v1/portfolio/history", limit=MOST)["items"]
    return [of_snapshot(item) for item in reversed(found) if item["session"] == session]


def of_snapshot(item: Json) -> Point:
    """One snapshot as a point."""
    return Point(item["at"], f"{brief(item['at'])} UTC", item["equity"], item["daily_drawdown_pct"])


def of_session(item: Json) -> Point:
    """One session's end as a point, with the worst drawdown it saw."""
    return Point(item["session"], item["session"], item["closed_with"], item["max_drawdown_pct"])


def show_curves(found: Sequence[Point], span: str, limit: float | None) -> None:
    """Both curves side by side; a sentence while there is nothing to draw."""
    if len(found) < 2:
        st.caption("The curves begin with the second snapshot of the book. Play or step on.")
        return
    left, right = st.columns(2, gap="large")
    left.markdown("Equity")
    worth = f"equity from {money(found[0].equity)} to {money(found[-1].equity)}"
    left.altair_chart(equity(found, time_axis(span)), width="stretch", alt=worth)
    measured = [point.drawdown for point in found]
    right.markdown("Drawdown since the open" if span == DAY else "Worst drawdown of each session")
    worst = f"worst drawdown {rough_percent(max(filter(None, measured), default=0.0))}"
    right.altair_chart(drawdown(found, time_axis(span), limit), width="stretch", alt=worst)


def time_axis(span: str) -> alt.X:
    """Hours of the day, or days; in UTC like every time on the screens."""
    marks = alt.Axis(format="%H:%M" if span == DAY else "%Y-%m-%d", tickCount=6, labelOverlap="greedy")
    return alt.X("at:T", title=None, scale=alt.Scale(type="utc"), axis=marks)


def equity(found: Sequence[Point], axis: alt.X) -> alt.Chart:
    """The line of equity."""
    dollars = alt.Y("equity:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format="$,.0f"))
    line: alt.Chart = drawn(found).mark_line(color=BLUE, point=len(found) < FEW)
    return line.encode(x=axis, y=dollars, tooltip=["time:N", "worth:N"])


def drawdown(found: Sequence[Point], axis: alt.X, limit: float | None) -> alt.LayerChart:
    """The drawdown below zero with the line at which new risk stops."""
    shown = (
        drawn(found)
        .mark_area(color=BLUE, opacity=0.25, line={"color": BLUE})
        .encode(
            x=axis,
            y=alt.Y("below:Q", title=None, axis=alt.Axis(format=".1%")),
            tooltip=["time:N", "lost:N"],
        )
    )
    return alt.LayerChart(layer=[shown, *limit_line(limit)])


def limit_line(limit: float | None) -> list[alt.Chart]:
    """A dashed line with its words at the drawdown that stops new risk."""
    if limit is None:
        return []
    rows = alt.InlineData(values=[{"limit": -limit, "words": f"limit {percent(limit)}: new risk stops"}])
    chart = alt.Chart(rows).encode(y="limit:Q")
    words = chart.mark_text(align="left", dx=6, dy=-8, color=RED).encode(x=alt.value(0), text="words:N")
    return [chart.mark_rule(color=RED, strokeDash=[6, 4]), words]


def drawn(found: Sequence[Point]) -> alt.Chart:
    """A chart over the points of a curve."""
    rows = [
        {
            "at": point.at,
            "time": point.said,
            "equity": float(point.equity),
            "worth": money(point.equity),
            "below": None if point.drawdown is None else -point.drawdown,
            "lost": rough_percent(point.drawdown),
        }
        for point in found
    ]
    return alt.Chart(alt.InlineData(values=rows), height=HEIGHT)
