"""The review queue: one pending decision at a time, answered once, with a note.

A double click must never answer two reviews. So nothing is selected by position: a review is opened
by its id, alone on the page; the answer's buttons carry that id; after an answer the page shows its
consequence and no button that answers anything; and the API lets the first answer win.
"""

from datetime import datetime, timedelta

import streamlit as st

from ui.client import ApiDown, Json, Problem
from ui.connection import api, failures_shown, next_step, now
from ui.explain import cap_line, reason_line, show_evidence
from ui.words import code, duration, moment, percent, plain, value, verdict, when

REFRESH_SECONDS = 2.0
SHOWN = 100
OPEN = "open-review"  # session: the id of the review that is open
ANSWER = "review-answer"  # session: what the API said to the last answer given here

CONSEQUENCES = {
    "rules-now-reject": "The rules were asked again with fresh measurements and now reject. The review is "
    "closed; only a changed rule can let such a signal through.",
    "review-has-new-reasons": "The rules were asked again and found reasons you had not seen. The review "
    "stays open: open it again, read them, and answer once more.",
    "review-already-answered": "Somebody was faster. The first answer stands; see it among the decisions.",
    "review-expired": "The time to answer is over. The signal will not be traded.",
}


def show() -> None:
    """The whole page: the queue, one open review, or what became of the one just answered."""
    st.title("Review queue")
    if ANSWER in st.session_state:
        show_answer(st.session_state[ANSWER])
    elif OPEN in st.session_state:
        show_open(st.session_state[OPEN])
    else:
        st.caption("Decisions that wait for a person. An approval asks the rules again before it counts.")
        show_queue()


@st.fragment(run_every=REFRESH_SECONDS)
def show_queue() -> None:
    """Every pending review, the one that expires first on top."""
    with failures_shown():
        pending = api().get("/v1/reviews", status="PENDING", limit=SHOWN)["items"]
        at = now()
        for review in sorted(pending, key=lambda one: (one["expires_at"], one["review_id"])):
            show_line(review, time_left(review, at))
        if not pending:
            st.success("Nothing waits for you. New reviews appear here by themselves.")


def show_line(review: Json, left: str) -> None:
    """One pending review: what is proposed, why it waits, how long it can; a button opens it."""
    with st.container(border=True):
        words, time, button = st.columns([6, 2, 1], vertical_alignment="center")
        words.markdown(
            f"**{review['candidate_action']} {plain(review['symbol'])}**  \n{first_reason(review)}"
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
        if review["status"] == "PENDING":
            show_countdown(review)
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


@st.fragment(run_every=REFRESH_SECONDS)
def show_countdown(review: Json) -> None:
    """How long the review can still be answered, in the time the house goes by."""
    with failures_shown():
        st.markdown(f"{time_left(review, now())} :gray[at {moment(review['expires_at'])}]")


def show_form(review: Json) -> None:
    """Note and two buttons; nothing is sent before one of them is pressed."""
    review_id = review["review_id"]
    with st.form(f"answer-{review_id}", enter_to_submit=False):
        st.text_input("Note", key=f"note-{review_id}", placeholder="why, for those who read the record later")
        with st.container(horizontal=True):
            for word, icon in (("approve", "✔"), ("reject", "✖")):
                st.form_submit_button(
                    f"{icon} {word.capitalize()}",
                    key=f"{word}-{review_id}",
                    on_click=answer,
                    args=(review_id, word),
                )


def answer(review_id: str, word: str) -> None:
    """Give the answer once; whatever the API says of it is shown in place of the form."""
    if ANSWER in st.session_state:
        return  # the second click of a double click
    note = st.session_state[f"note-{review_id}"].strip()
    if not note:
        st.toast("Write a note first: an answer is recorded with its reason.")
        return
    try:
        said = api().post(f"/v1/reviews/{review_id}/{word}", {"note": note})
        st.session_state[ANSWER] = {"said": word, "decision": said}
    except Problem as problem:
        st.session_state[ANSWER] = {"said": word, "problem": problem}
    except ApiDown as failure:
        st.toast(f"Not answered: {failure}")


def show_answer(outcome: Json) -> None:
    """What became of the answer; from here the way leads back to the queue."""
    if "problem" in outcome:
        show_refusal(outcome["problem"])
    else:
        decision = outcome["decision"]
        deal = f"{decision['candidate_action']} {plain(decision['symbol'])}"
        st.success(f"Answered: {outcome['said']}. It is recorded as a decision of its own.")
        st.markdown(
            f"{verdict(decision['decision'])} · **{deal}** · "
            f"allowed {percent(decision['approved_size_pct'])} · decision {code(decision['decision_id'])}"
        )
    st.button("← Back to the queue", key="leave", on_click=leave)


def show_refusal(problem: Problem) -> None:
    """Why the API did not take the answer, and what to do next."""
    st.warning(f"**{plain(problem.title)}** {plain(problem.detail)}")
    st.markdown(CONSEQUENCES.get(problem.slug, next_step(problem)))
    reasons = problem.extra.get("reasons") or ()
    st.markdown("\n".join(reason_line(reason) for reason in reasons))


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
    """Close whatever is open and go back to the queue."""
    for key in (OPEN, ANSWER):
        st.session_state.pop(key, None)
