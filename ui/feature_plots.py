"""The features of one symbol: what they measure now, what is not warm, and the bars that they come from."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import altair as alt
import streamlit as st

from ui.charts import COLOURS
from ui.client import Api, Json
from ui.words import code, plain, when

DAYS = timedelta(days=200)
SHOWN = 90  # sessions on the plots; those before fill the averages
AVERAGES = (20, 50)
HEIGHT = 240


def show_features(api: Api, symbol: str) -> None:
    """Plots at the left, the numbers at the right."""
    found = api.get(f"/v1/features/{symbol}")
    since = (when(found["at"]) - DAYS).date().isoformat()
    bars = api.get(f"/v1/market/bar/{symbol}", **{"from": since})["bars"]
    plots, numbers = st.columns((3, 2), gap="large")
    with plots:
        st.markdown(f"**{plain(symbol)}** :gray[closes, means of 20 (dotted) and 50 (dashed), volume]")
        if len(bars) > 1:
            st.altair_chart(price_plot(bars), width="stretch", alt=f"closes of {len(bars)} sessions")
            st.altair_chart(volume_plot(bars), width="stretch", alt="shares traded in each session")
        else:
            st.caption("The plots begin with the second bar.")
    with numbers:
        st.markdown(f"**Features** :gray[set {found['version']}, from {found['bars']} closed bars]")
        st.table(rows_of(found), border="horizontal", hide_index=True, height=HEIGHT + 120)


def rows_of(found: Json) -> list[dict[str, str]]:
    """Every feature with its value; one that is not warm says what it waits for, and is no number."""
    warm = [
        {"feature": code(name), "value": number(value)} for name, value in sorted(found["values"].items())
    ]
    cold = [
        {"feature": code(name), "value": f":orange[not warm: {bars} more bars]"}
        for name, bars in sorted(found["cold"].items())
    ]
    return [*cold, *warm]


def number(value: float) -> str:
    """A feature's value with six significant digits."""
    return plain(f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:.6g}")


def drawn(bars: Sequence[Json], height: int) -> alt.Chart:
    """A chart over the last sessions of ``bars``, each with the means of the closes up to it."""
    rows = [
        {"day": bar["closed_at"][:10], "close": float(bar["close"]), "volume": bar["volume"], "number": at}
        for at, bar in enumerate(bars)
    ]
    chart: alt.Chart = alt.Chart(alt.InlineData(values=rows), height=height)
    for count in AVERAGES:
        mean: dict[str, Any] = {"op": "mean", "field": "close", "as": f"mean{count}"}
        chart = chart.transform_window(window=[alt.WindowFieldDef(**mean)], frame=[1 - count, 0])
    return chart.transform_filter(f"datum.number >= {max(0, len(bars) - SHOWN)}")


def price_plot(bars: Sequence[Json]) -> alt.LayerChart:
    """Closes as a line, each mean where it has all its sessions."""
    axis = alt.X("day:T", title=None, axis=alt.Axis(format="%m-%d", tickCount=6), scale=alt.Scale(type="utc"))
    dollars = alt.Y("close:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format="$,.2f"))
    base = drawn(bars, HEIGHT).encode(x=axis)
    closes = base.mark_line(color=COLOURS[0]).encode(y=dollars, tooltip=["day:T", "close:Q"])
    means = [
        base.transform_filter(f"datum.number >= {count - 1}")
        .mark_line(color=colour, strokeDash=dashes)
        .encode(y=alt.Y(f"mean{count}:Q"))
        for count, colour, dashes in zip(AVERAGES, COLOURS[1:], ([4, 2], [8, 4]), strict=True)
    ]
    return alt.LayerChart(layer=[closes, *means])


def volume_plot(bars: Sequence[Json]) -> alt.Chart:
    """Shares of each session as bars."""
    axis = alt.X("day:T", title=None, axis=None, scale=alt.Scale(type="utc"))
    shares = alt.Y("volume:Q", title=None, axis=alt.Axis(format="~s", tickCount=3))
    chart: alt.Chart = drawn(bars, 80).mark_bar(color=COLOURS[0], opacity=0.5).encode(x=axis, y=shares)
    return chart
