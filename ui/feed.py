"""The feed on the screen: each symbol's last quote, how old it is against the limit, and what was let in."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import altair as alt
import streamlit as st

from ui.charts import COLOURS
from ui.client import Api, Json
from ui.figures import least_limit
from ui.filters import remember_symbols
from ui.words import NOTHING, brief, duration, money, plain, value

PATH = "/v1/market/feed"
LIMIT = "max_data_age"  # the name of the limit in the packs that judge the house's signals
HEIGHT = 28  # pixels a symbol
LONGEST = 120.0  # seconds that the plot has room for; an older quote reaches its edge


def show_feed(api: Api) -> None:
    """Every symbol's line, and the ages as a plot."""
    found, limit = api.get(PATH), least_limit(api, LIMIT)
    remember_symbols(found["items"])
    st.markdown(f"**Quotes** :gray[{hours(found)}]")
    lines, ages = st.columns((3, 2), gap="large")
    with lines:
        st.table([feed_row(line, limit) for line in found["items"]], border="horizontal", hide_index=True)
        if found["others"]:
            st.caption(f"Of symbols that nobody follows: {counts(found['others'])}.")
        show_calendar(found["calendar"])
    quoted = [line for line in found["items"] if line["data_age_seconds"] is not None]
    if quoted:
        ages.altair_chart(age_chart(quoted, limit), width="stretch", alt=said(quoted, limit))


def hours(found: Json) -> str:
    """Whether the exchange trades, and until when."""
    if not found["market_open"]:
        return f"the market is closed at {brief(found['time'])} UTC"
    return (
        f"the market is open at {brief(found['time'])} UTC and closes at {brief(found['closes_at'])[11:16]}"
    )


def feed_row(line: Json, limit: float | None) -> dict[str, str]:
    """One symbol as a row of the table."""
    quote: Json = line["quote"] or {"bid": None, "ask": None}
    return {
        "symbol": f"**{plain(line['symbol'])}**",
        "bid": plain(money(quote["bid"])),
        "ask": plain(money(quote["ask"])),
        "age": age(line["data_age_seconds"], limit),
        "let in": str(line["accepted"]),
        "put aside": counts(line["quarantined"]) or NOTHING,
    }


def age(seconds: float | None, limit: float | None) -> str:
    """How old a quote is; one that is too old for the rules says so."""
    if seconds is None:
        return ":gray[never quoted]"
    said_ = f"{value(seconds)} s" if seconds < 60 else duration(timedelta(seconds=seconds))
    return f":red[**✖\u00a0{said_}**]" if limit is not None and seconds > limit else said_


def counts(found: Mapping[str, int]) -> str:
    """Numbers by their names: ``jump 2, crossed 1``."""
    return ", ".join(f"{plain(name)} {number}" for name, number in sorted(found.items()))


def show_calendar(calendar: Json) -> None:
    """What an operator took away from the exchange's calendar."""
    days = [f"- {plain(day)} closed: {plain(why)}" for day, why in calendar["closed"].items()]
    days += [
        f"- {plain(day)} closes early at {plain(one['at'])}: {plain(one['reason'])}"
        for day, one in calendar["closes_early"].items()
    ]
    if days:
        st.markdown("**By the operator's calendar**\n" + "\n".join(days))


def age_chart(lines: Sequence[Json], limit: float | None) -> alt.LayerChart:
    """Ages as bars with the limit of the rules as a line."""
    rows = [
        {
            "symbol": line["symbol"],
            "seconds": min(line["data_age_seconds"], LONGEST),
            "said": f"{value(line['data_age_seconds'])} s",
            "state": "too old" if limit is not None and line["data_age_seconds"] > limit else "fresh",
        }
        for line in lines
    ]
    colour = alt.Color(
        "state:N", scale=alt.Scale(domain=["fresh", "too old"], range=[COLOURS[0], COLOURS[2]]), legend=None
    )
    bars = (
        alt.Chart(alt.InlineData(values=rows), height=HEIGHT * len(rows) + 40)
        .mark_bar()
        .encode(
            x=alt.X("seconds:Q", title="age in seconds", scale=alt.Scale(domain=[0, LONGEST])),
            y=alt.Y("symbol:N", title=None),
            color=colour,
            tooltip=["symbol:N", "said:N", "state:N"],
        )
    )
    return alt.LayerChart(layer=[bars, *limit_line(limit)])


def limit_line(limit: float | None) -> list[alt.Chart]:
    """A dashed line at the age beyond which the rules take no quote."""
    if limit is None:
        return []
    rows = alt.InlineData(values=[{"limit": limit, "said": f"limit {value(limit)} s"}])
    chart = alt.Chart(rows).encode(x="limit:Q")
    said_ = chart.mark_text(color=COLOURS[2], align="left", baseline="bottom", dx=3).encode(
        y=alt.value(0), text="said:N"
    )
    return [chart.mark_rule(color=COLOURS[2], strokeDash=[6, 4]), said_]


def said(lines: Sequence[Json], limit: float | None) -> str:
    """The plot in words."""
    old = [line["symbol"] for line in lines if limit is not None and line["data_age_seconds"] > limit]
    return f"ages of {len(lines)} quotes; too old: {', '.join(old) or 'none'}"
