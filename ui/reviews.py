"""The review queue: one pending decision at a time, answered once, with a note.

A double click must never answer two reviews. So nothing is selected by position: a review is opened
by its id, alone on the page; the answer's buttons carry that id; after an answer the page shows its
consequence and no button that answers anything; and the API lets the first answer win.
"""

from datetime import datetime, timedelta

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.client import Json
from ui.connection import api, failures_shown, now
from ui.consequence import show_prospect
from ui.explain import cap_line, memo_beside, reason_line, show_evidence
from ui.follow import every
from ui.memo import show_memo
from ui.review_answer import answers, show_answer, show_form
from ui.words import duration, moment, percent, plain, value, when

SHOWN = 100
COMING = "to-reviews-now"  # session: whether the person asked to be led here
OPEN = "open-review"  # session: the id of the review that is open


def page() -> StreamlitPage:
    """The page as the navigation knows it, for those who lead to it."""
    return st.Page(show, title="Review queue", url_path="reviews")


def want(review_id: str | None = None) -> None:
    """Remember that the person wants to be here, with one review open or none."""
    st.session_state[OPEN], st.session_state[COMING] = review_id, True


def come() -> None:
    """Leave the page that is shown for this one, if the person wants that."""
    if st.session_state.pop(COMING, False):
        st.switch_page(page())


def show() -> None:
    """The whole page: the queue, one open review, or what became of the one just answered."""
    st.title("Review queue")
    opened, given = st.session_state.get(OPEN), answers()
    if opened in given:
        show_answer(given[opened])
        st.button("← Back to the queue", key="leave", on_click=leave)
    elif opened:
        show_open(opened)
    else:
        st.caption("Decisions that wait for a person. An approval asks the rules again before it counts.")
        st.fragment(show_queue, run_every=every())()


def show_queue() -> None:
    """Every pending review, the one that expires first on top; runs again while the person follows."""
    with failures_shown():
        pending = api().get("/v1/reviews", status="PENDING", limit=SHOWN)["items"]
        at = now()
        for review in sorted(pending, key=lambda one: (one["expires_at"], one["review_id"])):
            show_line(review, time_left(review, at), memo_beside(review["decision_id"], api()))
        if not pending:
            st.success("Nothing waits for you. New reviews appear here by themselves.")


def show_line(review: Json, left: str, memo: str) -> None:
    """One pending review: what is proposed, its memo, why it waits, how long it can; a button opens it."""
    with st.container(border=True):
        words, time, button = st.columns([6, 2, 1], vertical_alignment="center")
        words.markdown(
            f"**{review['candidate_action']} {plain(review['symbol'])}** {memo}  \n{first_reason(review)}"
        )
        time.markdown(f"{left}  \n:gray[{moment(review['expires_at'])}]")
        key = f"open-{review['review_id']}"
        if button.button("Open", key=key, width="stretch"):
            st.session_state[OPEN] = review["review_id"]
            st.rerun()


def time_left(review: Json, at: datetime) -> str:
    """How long ``review`` can be answered, seen from ``at``."""
    left = when(review["expires_at"]) - at
    return f"expires in **{duration(left)}**" if left > timedelta() else "**expired**"


def first_reason(review: Json) -> str:
    """The first reason in words, and how many more there are."""
    reasons = review["reasons"]
    if not reasons:
        return "no reason recorded"
    more = f" (+{len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{plain(reasons[0]['message'])}{more}"


def show_open(review_id: str) -> None:
    """One review alone on the page, with everything it rests on and a form to answer it."""
    st.button("← Back to the queue", key="back", on_click=leave)
    with failures_shown():
        review = api().get(f"/v1/reviews/{review_id}")
        decision = api().get(f"/v1/policy/decisions/{review['decision_id']}")
        show_heading(review, decision)
        show_why(review, decision)
        show_memo(api(), decision)
        if review["status"] == "PENDING":
            st.fragment(show_countdown, run_every=every())(review)
            show_prospect(api(), decision)
            show_form(review)
        else:
            st.info(f"This review is {review['status']}; it can no longer be answered.")
        show_history(review)
        with st.expander("Every rule and fact behind it", expanded=True):
            show_evidence(api(), decision)


def show_heading(review: Json, decision: Json) -> None:
    """What the signal proposes and how much of it could be allowed."""
    facts = decision.get("facts") or {}
    asked = facts.get("size_pct")
    size = f"{percent(asked)} of equity asked, " if asked is not None else ""
    st.subheader(f"{review['candidate_action']} {plain(review['symbol'])}")
    confidence = f" · confidence {value(facts['confidence'])}" if "confidence" in facts else ""
    st.markdown(f"{size}at most {percent(decision['approved_size_pct'])} allowed{confidence}")


def show_why(review: Json, decision: Json) -> None:
    """The reasons to look at it, those that a later attempt brought included, and the caps."""
    lines = [reason_line(reason) for reason in review["reasons"]]
    lines += [cap_line(cap) for cap in decision["caps"]]
    st.markdown("\n".join(lines))


def show_countdown(review: Json) -> None:
    """How long the review can still be answered, in the time the house goes by."""
    with failures_shown():
        st.markdown(f"{time_left(review, now())} :gray[at {moment(review['expires_at'])}]")


def show_history(review: Json) -> None:
    """What happened to the review so far."""
    steps = review.get("history") or ()
    lines = [
        f"- {moment(step['at'])} · {plain(step['what'])} by {plain(step['by'])}"
        + (f": {plain(step['note'])}" if step.get("note") else "")
        for step in steps
    ]
    if lines:
        st.markdown("**So far**\n" + "\n".join(lines))


def leave() -> None:
    """Close whatever is open and go back to the queue; a review that stays open may be answered again."""
    answers().pop(st.session_state.pop(OPEN, None), None)
