"""Answering a review: a form with a note, one request however often it is sent, and what came of it."""

from collections.abc import MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.client import Api, ApiDown, Json, Problem
from ui.connection import api, failures_shown, next_step
from ui.consequence import show_outcome
from ui.words import code, percent, plain, verdict

ANSWERS = "review-answers"  # session: by review id, the answer given here
PATIENCE_SECONDS = 60.0

CONSEQUENCES = {
    "rules-now-reject": "The rules were asked again with fresh measurements and now reject. The review is "
    "closed; only a changed rule can let such a signal through.",
    "review-has-new-reasons": "The rules were asked again and found reasons you had not seen. The review "
    "stays open: open it again, read them, and answer once more.",
    "review-already-answered": "Somebody was faster. The first answer stands; see it among the decisions.",
    "review-expired": "The time to answer is over. The signal will not be traded.",
}


@dataclass(frozen=True)
class Answer:
    """One answer on its way: ``heard`` is what the API says of it, once it says anything."""

    word: str
    heard: Future[Json] = field(default_factory=Future)

    def send(self, service: Api, review_id: str, note: str) -> None:
        """Ask the API; whatever it says, a refusal too, can be heard afterwards."""
        try:
            self.heard.set_result(service.post(f"/v1/reviews/{review_id}/{self.word}", {"note": note}))
        except (ApiDown, Problem) as failure:
            self.heard.set_exception(failure)


def answers() -> MutableMapping[Any, Answer]:
    """The answers given on this page, by review id."""
    given: MutableMapping[Any, Answer] = st.session_state.setdefault(ANSWERS, {})
    return given


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
    """Give the answer once.

    The second click of a double click comes on a thread of its own while the first still waits for
    the API, and breaks the first off at its next touch of the session. So the first claims the
    review at once, touches nothing more, and leaves what it heard where the second finds it.
    """
    given, service = answers(), api()
    note = st.session_state.get(f"note-{review_id}", "").strip()
    mine = Answer(word)
    if not note:
        st.toast("Write a note first: an answer is recorded with its reason.")
    elif given.setdefault(review_id, mine) is mine:
        mine.send(service, review_id, note)


def show_answer(given: Answer) -> None:
    """What became of the answer."""
    with failures_shown():
        try:
            show_decision_made(given.word, given.heard.result(PATIENCE_SECONDS))
        except Problem as problem:
            show_refusal(problem)


def show_decision_made(word: str, decision: Json) -> None:
    """The decision that the answer became, and what comes of it."""
    st.success(f"Answered: {word}. It is recorded as a decision of its own.")
    deal = f"{decision['candidate_action']} {plain(decision['symbol'])}"
    allowed = f"allowed {percent(decision['approved_size_pct'])}"
    st.markdown(f"{verdict(decision['decision'])} · **{deal}** · {allowed} · {code(decision['decision_id'])}")
    show_outcome(decision)


def show_refusal(problem: Problem) -> None:
    """Why the API did not take the answer, and what to do next."""
    st.warning(f"**{plain(problem.title)}** {plain(problem.detail)}")
    st.markdown(CONSEQUENCES.get(problem.slug, next_step(problem)))
    faults = problem.extra.get("errors") or ()
    st.markdown("\n".join(f"- {plain(fault['detail'])} {code(fault['code'])}" for fault in faults))
