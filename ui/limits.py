"""The limits of the phase in force: how much of those that the day uses up is used, and all of them."""

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from ui.client import Api, Json
from ui.connection import api, failures_shown
from ui.today import portfolio
from ui.words import code, money, plain, rough_percent

PATH = "/v1/rollout"
SAID = {
    "daily_drawdown_pct": "drawdown since the open",
    "daily_loss": "dollars lost since the open",
    "max_gross_exposure_pct": "gross exposure",
    "max_position_value": "the largest position",
    "max_open_positions": "positions",
}
"""What the limits of these names hold down, in words; the screens can tell how much of it is used."""


def show_limits() -> None:
    """Bars and the whole table; runs again by itself while the person follows."""
    with failures_shown():
        found = api().get(PATH)
        st.subheader("Limits")
        st.caption(
            f"Those of the phase {plain(found['phase'])}, which execution keeps whatever the rules say."
        )
        limits = {one["name"]: one["value"] for one in found["limits"]}
        show_bars(limits, used(api()))
        with st.expander("Every limit"):
            st.table([limit_row(one) for one in found["limits"]], border="horizontal", hide_index=True)


def used(api_: Api) -> Mapping[str, Decimal]:
    """How much of each limit of ``SAID`` is used now; none of them where there is no portfolio."""
    book = portfolio(api_)
    if book is None:
        return {}
    positions = api_.get("/v1/portfolio/positions")["items"]
    opened = Decimal(book["session_open_equity"] or book["equity"])
    return {
        "daily_drawdown_pct": Decimal(str(book["daily_drawdown_pct"] or 0)),
        "daily_loss": max(Decimal(0), opened - Decimal(book["equity"])),
        "max_gross_exposure_pct": Decimal(str(book["gross_exposure_pct"] or 0)),
        "max_position_value": max(
            (abs(Decimal(one["market_value"])) for one in positions), default=Decimal(0)
        ),
        "max_open_positions": Decimal(len(positions)),
    }


def show_bars(limits: Mapping[str, str], used_: Mapping[str, Decimal]) -> None:
    """A bar for each limit of which the use is known; full is as far as it may go."""
    told = [name for name in SAID if name in used_ and name in limits]
    for column, name in zip(st.columns(len(told)) if told else (), told, strict=True):
        with column:
            show_bar(name, used_[name], Decimal(limits[name]))


def show_bar(name: str, used_: Decimal, limit: Decimal) -> None:
    """One limit: how much is used, of how much, and a mark where it is reached."""
    share = float(min(used_ / limit, Decimal(1)))
    reached = "  \n:red[**■\u00a0at its limit**]" if used_ >= limit else ""
    st.progress(share, f"{SAID[name]}  \n**{figure(name, used_)}** of {figure(name, limit)}{reached}")


def figure(name: str, found: Decimal) -> str:
    """A number as its limit counts it: in per cent, in dollars, in pieces."""
    if name.endswith("_pct"):
        return rough_percent(float(found))
    return f"{found:f}" if name == "max_open_positions" else plain(money(found))


def limit_row(limit: Json) -> dict[str, str]:
    """One limit as a row of the table, as its file states it."""
    return {"limit": code(limit["name"]), "value": plain(limit["value"]), "unit": plain(limit["unit"])}
