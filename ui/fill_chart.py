"""A small chart of how an order filled: shares in all over time, each fill with its price."""

from collections.abc import Sequence
from decimal import Decimal

import altair as alt

from ui.client import Json
from ui.order_words import signed
from ui.words import brief, money, shares

COLOUR = "#2f6fb0"
HEIGHT = 200  # pixels
ROOM = 48  # pixels beside the first and the last fill, for its price


def totals(fills: Sequence[Json]) -> list[tuple[Json, Decimal]]:
    """Each execution, by time, with the shares that were filled once it was booked."""
    reached, found = Decimal(0), []
    for fill in sorted(fills, key=lambda one: one["at"]):
        reached += signed(fill, "qty")
        found.append((fill, reached))
    return found


def fill_chart(fills: Sequence[Json]) -> alt.LayerChart:
    """A staircase of shares with a point and a price at every fill."""
    rows = [row(fill, reached) for fill, reached in totals(fills)]
    hours = alt.Scale(type="utc", padding=ROOM)
    top = max(reached for _, reached in totals(fills))
    chart = alt.Chart(alt.InlineData(values=rows), height=HEIGHT).encode(
        x=alt.X("at:T", title=None, scale=hours, axis=alt.Axis(format="%H:%M", tickCount=6)),
        y=alt.Y("in all:Q", title=None, axis=alt.Axis(tickMinStep=1), scale=up_to(float(top))),
        tooltip=["time:N", "shares:N", "price:N"],
    )
    steps = chart.mark_line(interpolate="step-after", color=COLOUR)
    points = chart.mark_point(filled=True, size=60, color=COLOUR, opacity=1)
    prices = chart.mark_text(align="right", dx=-8, dy=-8).encode(text="price:N")
    return alt.LayerChart(layer=[steps, points, prices])


def row(fill: Json, reached: Decimal) -> dict[str, str | float]:
    """One execution as the chart reads it."""
    return {
        "at": fill["at"],
        "time": f"{brief(fill['at'])} UTC",
        "in all": float(reached),
        "shares": shares(fill["qty"]),
        "price": money(fill["price"]),
    }


def up_to(top: float) -> alt.Scale:
    """From none to ``top`` shares, with room for a price above the last."""
    return alt.Scale(domain=[0, top * 1.2], nice=False)
