"""News on the screen: each story once with its repeats, and what came and was no news; untrusted text."""

from collections.abc import Sequence

import streamlit as st

from ui.client import Api, Json
from ui.words import NOTHING, brief, code, moment, plain

PATH = "/v1/news"


def show_news(api: Api, symbol: str) -> None:
    """The stories on ``symbol``, ranked as a reasoner is given them."""
    found = api.get(f"{PATH}/{symbol}")
    st.markdown(f"**News on {plain(symbol)}** :gray[seven days, ranked; untrusted text, word for word]")
    with st.container(gap="xsmall"):
        for story in found["items"]:
            show_story(story)
    st.caption(counted(found))


def counted(found: Json) -> str:
    """What is shown, and what is not."""
    if not found["items"]:
        return "Nothing was published in the last seven days, as far as this house reads."
    stories = f"stories {len(found['items'])}, told again {found['repeats']}"
    return f"{stories}; {found['beyond']} more had no room" if found["beyond"] else stories


def show_story(story: Json) -> None:
    """One story: its headline, who told it when, and who told it again; its text where there is any."""
    with st.container(border=True, gap=None):
        st.markdown(f"**{plain(story['headline'])}**")
        st.caption(f"{plain(story['source'])}, {brief(story['at'])} UTC · {plain(story['item_id'])}")
        if story["body"]:
            st.markdown(plain(story["body"]))
        if story["told_again"]:
            st.caption(f"told again by {', '.join(map(again, story['told_again']))}")


def again(repeat: Json) -> str:
    """Who told a story again, and when."""
    return f"{plain(repeat['source'])} at {brief(repeat['at'])[5:16]}"


def show_desk(api: Api) -> None:
    """How the sources of news fare, and everything that came and could not be read."""
    found = api.get(PATH)
    if found["sources"]:
        st.markdown("**Sources of news**")
        st.table([source_row(one) for one in found["sources"]], border="horizontal", hide_index=True)
    if found["unread"]:
        show_unread(found["unread"])


def source_row(source: Json) -> dict[str, str]:
    """One source as a row of the table."""
    state = f":red[**▲\u00a0{plain(source['problem'])}**]" if source["problem"] else "✔\u00a0read"
    return {
        "from": plain(source["place"]),
        "last read": moment(source["read_at"]),
        "items": str(source["items"]),
        "state": state,
    }


def show_unread(unread: Sequence[Json]) -> None:
    """What was no news, as it came."""
    st.markdown(f"**Unread news** :gray[{len(unread)} kept aside as they came]")
    rows = [
        {
            "where": plain(one["place"]),
            "fault": code(one["code"]),
            "because": plain(one["text"]),
            "what came": plain(one["came"][:200]) or NOTHING,
        }
        for one in unread
    ]
    st.table(rows, border="horizontal", hide_index=True)
