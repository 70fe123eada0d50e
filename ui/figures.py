"""The day in figures: equity, what the day brought, drawdown against its limit, exposure, cash."""

from decimal import Decimal

import streamlit as st

from ui.client import Api, Json
from ui.words import change, money, percent, plain, rough_percent

LIMIT = "max_daily_drawdown"  # the name of the limit in the packs that judge the house's signals


def show_figures(portfolio: Json, limit: float | None) -> None:
    """One row of figures; ``limit`` is the drawdown at which new risk stops, a fraction."""
    opened = portfolio["session_open_equity"]
    day = None if opened is None else Decimal(portfolio["equity"]) - Decimal(opened)
    figures = (
        ("Equity", money(portfolio["equity"]), f"started with {money(portfolio['starting_cash'])}"),
        ("Result of the day", change(day), "since the open"),
        ("Drawdown", rough_percent(portfolio["daily_drawdown_pct"]), limit_said(portfolio, limit)),
        ("Gross exposure", rough_percent(portfolio["gross_exposure_pct"]), "of equity"),
        ("Cash", money(portfolio["cash"]), f"{money(portfolio['fees'])} of fees so far"),
    )
    for column, (label, value, note) in zip(st.columns(len(figures)), figures, strict=True):
        with column.container(border=True, gap=None):
            st.metric(label, plain(value))
            st.caption(plain(note))


def limit_said(portfolio: Json, limit: float | None) -> str:
    """The day's worst drawdown, and at which one new risk stops."""
    worst = f"worst {rough_percent(portfolio['worst_drawdown_pct'])}"
    return worst if limit is None else f"{worst}, limit {percent(limit)}"


def drawdown_limit(api: Api) -> float | None:
    """The least drawdown at which a pack in force for the house stops new risk; None where none says so."""
    return least_limit(api, LIMIT)


def least_limit(api: Api, name: str) -> float | None:
    """The least limit called ``name`` of the packs in force for the house; None where none has it."""
    active = [one for one in api.get("/v1/policy/packs")["items"] if one["set"] == "house"]
    packs = [whole_pack(one["pack"], one["version"], api) for one in active if not one["shadow"]]
    return min(
        (float(pack["limits"][name]["value"]) for pack in packs if name in pack["limits"]), default=None
    )


@st.cache_data(max_entries=50, show_spinner=False)
def whole_pack(pack: str, version: str, _api: Api) -> Json:
    """One released version in words; it is frozen, so it is fetched once."""
    return dict(_api.get(f"/v1/policy/packs/{pack}/{version}"))
