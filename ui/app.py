"""The screens' entry: navigation and the player's bar. Started by ``ui.launch.command``."""

from pathlib import Path

import streamlit as st

from ui import decisions, packs, reviews
from ui.player import show_player

HERE = Path(__file__).parent
LOGO = HERE / "trivet.svg"

st.set_page_config(page_title="Trivet", page_icon=LOGO, layout="wide")
st.html(HERE / "style.css")
st.logo(LOGO, size="large")
page = st.navigation(
    [
        st.Page(decisions.show, title="Decisions", url_path="decisions", default=True),
        st.Page(reviews.show, title="Review queue", url_path="reviews"),
        st.Page(packs.show, title="Rule packs", url_path="packs"),
    ]
)
with st.sidebar:
    show_player()
page.run()
