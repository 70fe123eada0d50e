"""Reviews: answered once, in time, and never against what the rules say now."""

import threading
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine

from policy.audit.verify import verify
from policy.contracts import Decision, MarketContext, ReviewAnswer, ReviewStatus
from policy.outbox import undelivered
from policy.problems import Problem
from policy.store import reading
from tests.policy.parts import House, body, proposal, stricter_core


def asked(house: House, number: int = 1, **changes: Any) -> UUID:
    """The review of an unsure signal."""
    (decision,) = house.service.evaluation.evaluate_batch(
        [proposal(number, **{"confidence": 0.5, **changes})]
    )
    assert isinstance(decision, Decision)
    assert decision.review_id is not None
    return decision.review_id


def refusal(answer: Any, *arguments: Any) -> Problem:
    with pytest.raises(Problem) as raised:
        answer(*arguments)
    return raised.value


def market(**changes: Any) -> MarketContext:
    calm = {
        "data_age_seconds": 1,
        "market_open": True,
        "event_blackout_active": False,
        "liquidity_score": 0.9,
    }
    return MarketContext(**{**calm, **changes})


def test_approval_is_a_decision_that_supersedes_the_first(house: House, store: Engine) -> None:
    review_id = asked(house)
    before = house.service.reviews.one(review_id)
    house.clock.pass_by(minutes=1)
    answer = house.service.reviews.approve(review_id, "ada", "looks right")
    assert answer.decision == "APPROVE"
    assert answer.supersedes == before.decision_id
    assert answer.answered_by == "ada"
    assert answer.approved_size_pct == 0.01
    assert answer.expires_at is not None
    assert (answer.expires_at - house.clock.now()).total_seconds() == 60
    assert answer.reasons == ()
    assert [reason.rule for reason in answer.waived] == ["trading-core/low-confidence"]
    after = house.service.reviews.one(review_id)
    assert (after.status, after.answered_by, after.note) == (ReviewStatus.APPROVED, "ada", "looks right")
    assert [step.what for step in after.history] == ["requested", "approved"]
    assert verify(store) == []


def test_rejection_is_a_decision_too(house: House, store: Engine) -> None:
    review_id = asked(house)
    answer = house.service.reviews.reject(review_id, "ada", "no")
    assert (answer.decision, answer.approved_size_pct, answer.expires_at) == ("REJECT", 0, None)
    assert answer.status is ReviewStatus.REJECTED
    assert verify(store) == []


def test_signal_keeps_its_original_decision_after_the_answer(house: House) -> None:
    review_id = asked(house)
    house.service.reviews.approve(review_id, "ada", "yes")
    (again,) = house.service.evaluation.evaluate_batch([proposal(1, confidence=0.5)])
    assert isinstance(again, Decision)
    assert (again.decision, again.review_id) == ("REVIEW", review_id)


def test_second_answer_is_refused(house: House) -> None:
    review_id = asked(house)
    house.service.reviews.reject(review_id, "ada", "no")
    for answer in (house.service.reviews.approve, house.service.reviews.reject):
        assert refusal(answer, review_id, "bob", "yes").slug == "review-already-answered"


def test_review_expires_with_its_session(house: House) -> None:
    review_id = asked(house)
    house.clock.pass_by(hours=4)
    assert house.service.reviews.one(review_id).status is ReviewStatus.EXPIRED
    assert refusal(house.service.reviews.approve, review_id, "ada", "late").slug == "review-expired"
    assert refusal(house.service.reviews.reject, review_id, "ada", "late").slug == "review-expired"
    assert [step.what for step in house.service.reviews.one(review_id).history] == ["requested", "expired"]


def test_review_can_be_answered_until_the_last_moment(house: House) -> None:
    review_id = asked(house)
    house.clock.pass_by(hours=4, microseconds=-1)
    assert house.service.reviews.approve(review_id, "ada", "just in time").decision == "APPROVE"


def test_sweep_closes_what_is_overdue_and_nothing_else(house: House) -> None:
    early = asked(house, 1)
    assert house.service.reviews.expire_overdue() == 0
    house.sessions.close = None
    late = asked(house, 2)
    house.clock.pass_by(minutes=15)
    assert house.service.reviews.expire_overdue() == 1
    assert house.service.reviews.expire_overdue() == 0
    assert house.service.reviews.one(late).status is ReviewStatus.EXPIRED
    assert house.service.reviews.one(early).status is ReviewStatus.PENDING


def test_rules_that_reject_now_have_the_last_word(house: House, store: Engine) -> None:
    review_id = asked(house)
    house.contexts.market = market(data_age_seconds=31)
    problem = refusal(house.service.reviews.approve, review_id, "ada", "yes")
    assert (problem.status, problem.slug) == (409, "rules-now-reject")
    assert "trading-core/stale-data" in [fault.code for fault in problem.errors]
    assert house.service.reviews.one(review_id).status is ReviewStatus.OVERRULED
    house.contexts.market = market()
    assert refusal(house.service.reviews.approve, review_id, "ada", "yes").slug == "review-already-answered"
    assert verify(store) == []


def test_new_reason_has_to_be_seen_before_it_is_waived(house: House) -> None:
    review_id = asked(house)
    house.contexts.market = market(liquidity_score=0.1)
    problem = refusal(house.service.reviews.approve, review_id, "ada", "yes")
    assert (problem.status, problem.slug) == (409, "review-has-new-reasons")
    assert [fault.code for fault in problem.errors] == ["trading-core/thin-liquidity"]
    open_ = house.service.reviews.one(review_id)
    assert open_.status is ReviewStatus.PENDING
    assert [reason.rule for reason in open_.reasons] == [
        "trading-core/low-confidence",
        "trading-core/thin-liquidity",
    ]
    answer = house.service.reviews.approve(review_id, "ada", "seen now")
    assert len(answer.waived) == 2


def test_packs_that_decided_are_asked_again_not_the_newest(house: House) -> None:
    review_id = asked(
        house, reasoning={"status": "OK", "recommendation": "ALLOW_WITH_CAUTION"}, confidence=0.7
    )
    house.library.add(stricter_core("1.1.0", confidence=0.99))
    house.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="test")
    answer = house.service.reviews.approve(review_id, "ada", "yes")
    assert [ref.version for ref in answer.packs] == ["1.0.0"]


def test_lost_pack_keeps_the_review_open(house: House) -> None:
    review_id = asked(house)
    house.service.loader._packs.clear()
    house.library.lose("trading-core", "1.0.0")
    with pytest.raises(Exception, match="is gone"):
        house.service.reviews.approve(review_id, "ada", "yes")
    assert house.service.reviews.one(review_id).status is ReviewStatus.PENDING


def test_of_many_answers_at_once_exactly_one_wins(house: House, store: Engine) -> None:
    review_id = asked(house)
    told: list[ReviewAnswer | Problem] = []

    def answer(number: int) -> None:
        say = house.service.reviews.approve if number % 2 else house.service.reviews.reject
        try:
            told.append(say(review_id, f"person {number}", "mine"))
        except Problem as problem:
            told.append(problem)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [one for one in told if isinstance(one, ReviewAnswer)]
    assert len(won) == 1
    assert {one.slug for one in told if isinstance(one, Problem)} == {"review-already-answered"}
    assert house.service.reviews.one(review_id).answered_by == won[0].answered_by
    assert verify(store) == []


def test_answer_is_told_in_the_same_transaction(house: House, store: Engine) -> None:
    review_id = asked(house)
    house.service.reviews.approve(review_id, "ada", "yes")
    with reading(store) as connection:
        told = [event for _, event in undelivered(connection, 100)][-2:]
    assert [event.type.value for event in told] == ["policy.decision.made", "policy.review.answered"]
    assert told[1].data["decision"]["decision"] == "APPROVE"
    assert told[1].data["review"]["status"] == "APPROVED"


def test_queue_over_http(api: httpx.Client, house: House) -> None:
    for number in range(3):
        api.post("/v1/policy/evaluate", json=body(number, confidence=0.5))
        house.clock.pass_by(minutes=1)
    page = api.get("/v1/reviews", params={"status": "PENDING", "limit": 2}).json()
    rest = api.get("/v1/reviews", params={"status": "PENDING", "cursor": page["next_cursor"]}).json()
    ids = [one["review_id"] for one in page["items"] + rest["items"]]
    assert len(set(ids)) == 3
    assert rest["next_cursor"] is None
    approved = api.post(f"/v1/reviews/{ids[0]}/approve", json={"note": "fine", "reviewer": "ada"})
    assert approved.status_code == 200
    assert approved.json()["decision"] == "APPROVE"
    assert approved.json()["status"] == "APPROVED"
    assert approved.json()["review"]["answered_by"] == "ada"
    rejected = api.post(f"/v1/reviews/{ids[1]}/reject", json={"note": "no"})
    assert rejected.json()["answered_by"] == "local"
    again = api.post(f"/v1/reviews/{ids[1]}/approve", json={"note": "yes"})
    assert again.status_code == 409
    assert again.json()["type"].endswith(":review-already-answered")
    left = api.get("/v1/reviews", params={"status": "PENDING"}).json()["items"]
    assert [one["review_id"] for one in left] == [ids[2]]
    house.clock.pass_by(hours=5)
    assert api.get("/v1/reviews", params={"status": "PENDING"}).json()["items"] == []
    assert len(api.get("/v1/reviews", params={"status": "EXPIRED"}).json()["items"]) == 1


@pytest.mark.parametrize(
    "sent", [{}, {"note": ""}, {"note": 1}, {"note": "n", "more": 1}, {"note": "n" * 2001}]
)
def test_answer_without_a_proper_note_is_refused(strict: httpx.Client, sent: dict[str, Any]) -> None:
    for verb in ("approve", "reject"):
        answer = strict.post(f"/v1/reviews/{UUID(int=1)}/{verb}", json=sent)
        assert answer.status_code == 422
