"""Memos beside decisions: said in a word on every line, whole when opened, and never more than letters."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from policy.contracts import ReasoningMemo
from tests.ui import memos
from tests.ui.doubles import Answer, answering
from tests.ui.pages import decisions_page, heads, opened, ran, reviews_page, texts, today_page
from tests.ui.running import judged
from ui import explain
from ui.memo_words import OPINIONS, STANDINGS, WHY, brief_memo, flag, opinion
from ui.words import plain

DECISION = f"decision-{UUID(int=9)}"
REVIEW = {
    "review_id": str(UUID(int=10)),
    "decision_id": str(UUID(int=9)),
    "signal_id": str(memos.SIGNAL),
    "symbol": "AAPL",
    "candidate_action": "BUY",
    "status": "PENDING",
    "reasons": [{"rule": "trading-core/memo", "decision": "REVIEW", "message": "look at it", "cause": "hit"}],
    "created_at": "2012-06-04T14:30:00Z",
    "expires_at": "2012-06-04T20:00:00Z",
    "answered_by": None,
    "note": None,
    "answered_at": None,
    "history": [],
}


def answers(found: ReasoningMemo | None, **changes: Answer) -> dict[str, Answer]:
    """What a house says that has made one decision with the memo ``found``."""
    decision = memos.decision(found)
    empty: Mapping[str, Any] = {"items": [], "next_cursor": None}
    paths = {
        "/v1/policy/decisions": (200, {"items": [decision], "next_cursor": None}),
        f"/v1/policy/decisions/{decision['decision_id']}": (200, decision),
        "/v1/orders": (200, empty),
        "/v1/reviews": (200, {"items": [REVIEW], "next_cursor": None}),
        f"/v1/reviews/{REVIEW['review_id']}": (200, REVIEW),
        "/v1/news/AAPL": (200, memos.news()),
        f"/v1/reasoning/memos/{memos.SIGNAL}": (200, memos.record()),
    }
    return {**paths, **changes}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Answer]]:
    """The answers of an API of its own, which a test changes before it opens a page."""
    explain.whole_decision.clear()
    with answering(answers(memos.memo())) as double:
        monkeypatch.setenv("TRIVET_API_URL", double.address)
        yield double.answers
    explain.whole_decision.clear()


@pytest.mark.parametrize("page", [decisions_page, today_page])
def test_the_memo_stands_on_the_line_of_its_decision(house: dict[str, Answer], page: Any) -> None:
    assert any("memo :orange[**◆\u00a0caution**]" in head for head in heads(opened(page)))


def test_the_memo_stands_beside_a_review_before_it_is_opened(house: dict[str, Answer]) -> None:
    assert "caution" in texts(opened(reviews_page))


def test_a_failed_memo_says_why_on_the_line_and_in_full_when_opened(house: dict[str, Answer]) -> None:
    house.update(answers(memos.failed()))
    page = opened(decisions_page, DECISION)
    assert any("failed" in head and "it took too long" in head for head in heads(page))
    assert "No opinion, since it took too long: no answer within 15 s" in texts(page)
    assert "`time-out`" in texts(page)


def test_a_skipped_memo_is_not_called_a_failed_one(house: dict[str, Answer]) -> None:
    house.update(answers(memos.failed("features-not-warm").model_copy(update={"status": "SKIPPED"})))
    said = texts(opened(decisions_page, DECISION))
    assert "The rules judge the signal as without a memo." in said
    assert "failed memo" not in said


def test_an_opened_decision_shows_what_speaks_for_it_and_against_it(house: dict[str, Answer]) -> None:
    said = texts(opened(decisions_page, DECISION))
    assert f"**For**  \n{plain('the **trend** is up')}" in said
    assert "**Against**  \na supplier is late" in said
    assert "some\\-model" in said


def test_what_the_house_found_out_about_a_memo_stands_out_from_its_own_flags(
    house: dict[str, Answer],
) -> None:
    said = texts(opened(decisions_page, DECISION))
    assert "`thin` · :red[**▲\u00a0unsupported\\-number\\: 99**] :gray[added by the house]" in said


def test_a_cited_headline_is_shown_as_the_letters_that_it_is(house: dict[str, Answer]) -> None:
    said = texts(opened(decisions_page, DECISION))
    assert f"- **cited** {plain(memos.INJECTED)} :gray[scenario, 2012-06-04 14:30:00]" in said
    assert "<script>" not in said
    assert "](https" not in said


def test_a_citation_that_nobody_knows_any_more_is_told_as_such(house: dict[str, Answer]) -> None:
    house["/v1/news/AAPL"] = (404, {})
    assert f"**cited** `{memos.CITED}`" in texts(opened(decisions_page, DECISION))


def test_the_prompt_is_shown_as_it_was_sent_when_it_is_asked_for(house: dict[str, Answer]) -> None:
    page = opened(decisions_page, DECISION)
    assert not page.code
    ran(page.toggle(key=f"sent-{UUID(int=9)}").set_value(True).run())
    assert [one.value for one in page.code] == [memos.PROMPT, "I approve", "repair it", '{"status": "OK"}']
    assert "invalid\\-json" in texts(page)
    assert "200 tokens in, 40 out" in texts(page)


def test_who_may_not_read_prompts_is_told_so_and_sees_the_rest(house: dict[str, Answer]) -> None:
    refused = {"title": "role missing", "detail": "prompts are for operators", "status": 403}
    house[f"/v1/reasoning/memos/{memos.SIGNAL}"] = (403, refused)
    page = opened(decisions_page, DECISION)
    ran(page.toggle(key=f"sent-{UUID(int=9)}").set_value(True).run())
    assert "prompts are for operators" in texts(page)
    assert "a supplier is late" in texts(page)


def test_a_callers_decision_says_that_no_memo_is_on_record(screens: str) -> None:
    decided = judged(screens)
    page = opened(decisions_page, f"decision-{decided['decision_id']}")
    assert "none is on record for this decision" in texts(page)


def test_why_reasoning_failed_is_told_where_its_memo_is_on_no_record(house: dict[str, Answer]) -> None:
    away = {"reasoning": {"status": "FAILED", "recommendation": None, "reason": "reasoner-away"}}
    decision = memos.decision(None) | away
    house["/v1/policy/decisions"] = (200, {"items": [decision], "next_cursor": None})
    house[f"/v1/policy/decisions/{decision['decision_id']}"] = (200, decision)
    page = opened(decisions_page, DECISION)
    assert any("failed" in head and WHY["reasoner-away"] in head for head in heads(page))
    said = texts(page)
    assert "none is on record for this decision" in said
    assert "The rules read :red[**▲\u00a0failed**] (the reasoning service was away) `reasoner-away`" in said


def test_every_opinion_has_a_word_and_a_mark_of_its_own() -> None:
    said = [*OPINIONS.values(), *STANDINGS.values()]
    assert len({one.rpartition("[")[2][:4] for one in said}) == len(said)
    assert opinion({"recommendation": None, "status": "ODD"}) == "ODD"
    assert brief_memo(None) == ""


def test_a_reason_that_is_new_is_told_by_its_code() -> None:
    assert "brand\\-new" in brief_memo({"recommendation": None, "status": "FAILED", "reason": "brand-new"})
    assert "reasoner-off" in WHY
    assert flag("[x](http://y)") == "`[x](http://y)`"
