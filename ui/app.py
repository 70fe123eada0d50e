"""The screens' entry: navigation and the player's bar. Started by ``ui.launch.command``."""

from pathlib import Path

import streamlit as st

from ui import decisions, early, orders, packs, reconciliation, reviews, safety, senses, today  # noqa: F401
from ui.follow import show_switch
from ui.late_refreshes import keep_the_page
from ui.player import show_player
from ui.stop_bar import show_bar

HERE = Path(__file__).parent
LOGO = HERE / "trivet.svg"

keep_the_page()
st.set_page_config(page_title="Trivet", page_icon=LOGO, layout="wide")
st.logo(LOGO, size="large")
page = st.navigation(
    [
        st.Page(today.show, title="Today", url_path="today", default=True),
        st.Page(decisions.show, title="Decisions", url_path="decisions"),
        st.Page(orders.show, title="Orders", url_path="orders"),
        reviews.page(),
        st.Page(packs.show, title="Rule packs", url_path="packs"),
        st.Page(senses.show, title="Senses", url_path="senses"),
        st.Page(safety.show, title="Safety", url_path="safety"),
        st.Page(reconciliation.show, title="Reconciliation", url_path="reconciliation"),
    ]
)
# A style alone would share its place with toasts and go with the first; an element beside it keeps it.
st.html(f"<style>{(HERE / 'style.css').read_text()}</style><i></i>")
show_bar()
with st.sidebar:
    show_player()
    show_switch()
page.run()
