"""The first page: the day on one screen. What the book is worth, what it holds, and what just happened."""

import streamlit as st

from ui import reviews
from ui.client import Api, Json, Problem
from ui.connection import api, failures_shown
from ui.curves import choose_span, points, show_curves
from ui.figures import drawdown_limit, show_figures
from ui.follow import every
from ui.order_detail import latest_orders
from ui.positions import show_positions
from ui.stream import chains, show_stream

LATEST = 40  # decisions and orders behind the stream


def show() -> None:
    """The whole page."""
    st.title("Today")
    st.caption("What the book is worth, what it holds, and what just happened.")
    st.fragment(show_day, run_every=every())()


def show_day() -> None:
    """Everything on the page; runs again by itself while the person follows."""
    reviews.come()
    with failures_shown():
        book = portfolio(api())
        if book is None:
            st.info("This API has no portfolio: it is the policy alone. What it decides is under Decisions.")
        else:
            show_book(api(), book)
        show_latest(api())


def portfolio(api_: Api) -> Json | None:
    """The book; None where the API has none."""
    try:
        return api_.get("/v1/portfolio")
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def show_book(api_: Api, book: Json) -> None:
    """Figures, curves and positions."""
    limit = drawdown_limit(api_)
    show_figures(book, limit)
    span = choose_span()
    show_curves(points(api_, span, book["session"]), span, limit)
    show_positions(api_.get("/v1/portfolio/positions")["items"])


def show_latest(api_: Api) -> None:
    """How many reviews wait, and the latest signals with what came of them."""
    pending = api_.get("/v1/reviews", status="PENDING", limit=LATEST)["items"]
    if pending:
        show_waiting(len(pending))
    decisions = api_.get("/v1/policy/decisions", limit=LATEST)["items"]
    found = chains(decisions, latest_orders(api_, limit=LATEST))
    show_stream(api_, found, frozenset(review["review_id"] for review in pending))


def show_waiting(count: int) -> None:
    """That reviews wait, and the way to them."""
    several = "reviews wait" if count > 1 else "review waits"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":orange[**◆ {count} {several} for a person.**]", width="stretch")
        st.button("Open the queue", key="to-reviews", on_click=reviews.want)
