"""The plots of a comparison: who moved where, by which rule, when, and on which symbol."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import altair as alt

from adapters.regress.matrix import SIZES, Cell
from adapters.regress.report import Report
from engine import Verdict

_WORDS = [verdict.name for verdict in Verdict]
_KINDS = {
    "stricter": "#a61b1b",
    "milder": "#2f6fb0",
    "smaller size": "#e08a1e",
    "larger size": "#7fb2e5",
}
_MOST_SYMBOLS = 20
_WIDTH = 380


def plots(report: Report) -> alt.VConcatChart:
    """All of them as one chart."""
    top = alt.hconcat(_matrix(report), _rules(report), spacing=60).resolve_scale(color="independent")
    below = alt.hconcat(_by_month(report), _by_symbol(report), spacing=60)
    whole: alt.VConcatChart = alt.vconcat(top, below, spacing=40).resolve_scale(color="independent")
    calm: alt.VConcatChart = whole.configure_view(stroke=None).configure(font="system-ui, sans-serif")
    return calm


def _matrix(report: Report) -> alt.LayerChart | alt.FacetChart:
    rows = [
        {"before": before.name, "after": after.name, "signals": count, "moved": before != after}
        for (before, after), count in report.matrix.items()
    ]
    share = alt.Color("signals:Q", scale=alt.Scale(type="symlog", scheme="blues"), legend=None)
    drawn = alt.Chart(alt.InlineData(values=rows), title="verdicts", width=_WIDTH, height=220).encode(
        x=alt.X("after:N", sort=_WORDS, title="after", axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("before:N", sort=_WORDS, title="before"),
    )
    dark = max(report.matrix.values()) ** 0.7  # from here on the logarithmic scale is dark blue
    label = alt.condition(f"datum.signals > {dark}", alt.value("white"), alt.value("#1c2530"))
    weight = alt.condition("datum.moved && datum.signals > 0", alt.value(15), alt.value(12))
    text = drawn.mark_text().encode(text=alt.Text("signals:Q", format=","), color=label, size=weight)
    layers: alt.LayerChart | alt.FacetChart = alt.layer(
        drawn.mark_rect(stroke="white").encode(color=share), text
    )
    return layers


def _rules(report: Report) -> alt.Chart:
    """Rules that object to more (to the right) or to fewer (to the left) than before."""
    rows = [
        {"rule": rule, "signals": sign * count, "kind": kind}
        for rule, (_, more, fewer) in report.by_rule.items()
        for sign, count, kind in ((1, more, "more"), (-1, fewer, "fewer"))
    ]
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=["more", "fewer"], range=["#a61b1b", "#2f6fb0"]), title="objects to"
    )
    bars: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), title="rules", width=_WIDTH, height={"step": 18})
        .mark_bar()
        .encode(
            x=alt.X("signals:Q", title="signals", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("rule:N", sort=list(report.rules), title=None, axis=alt.Axis(labelLimit=280)),
            color=colour,
        )
    )
    return bars


def _by_month(report: Report) -> alt.Chart:
    return _bars(report, "by month", lambda cell: cell.month, most=None)


def _by_symbol(report: Report) -> alt.Chart:
    return _bars(report, "by symbol", lambda cell: cell.symbol, most=_MOST_SYMBOLS)


def _bars(report: Report, title: str, key: Callable[[Cell], str], most: int | None) -> alt.Chart:
    """Signals that moved, stacked by kind; of many keys only those with the most."""
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter({key(cell): 0 for cell in report.cells})
    for cell in report.cells:
        if kind := kind_of(cell):
            counts[key(cell), kind] += cell.count
            totals[key(cell)] += cell.count
    shown = sorted(sorted(totals, key=lambda name: (-totals[name], name))[:most])
    rows: list[dict[str, Any]] = [
        {"key": name, "kind": kind, "signals": counts[name, kind]} for name in shown for kind in _KINDS
    ]
    scale = alt.Scale(domain=list(_KINDS), range=list(_KINDS.values()))
    bars: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), title=title, width=_WIDTH, height=220)
        .mark_bar()
        .encode(
            x=alt.X("key:N", sort=shown, title=None, axis=alt.Axis(labelAngle=-45)),
            y=alt.Y("signals:Q", title="signals that moved", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("kind:N", scale=scale, sort=list(_KINDS), title="verdict or size"),
        )
    )
    return bars


def kind_of(cell: Cell) -> str | None:
    """How the signals of a cell moved, in a word; None where they did not."""
    if cell.before != cell.after:
        return "stricter" if cell.after > cell.before else "milder"
    return f"{SIZES[cell.size]} size" if cell.size else None
