"""Reviews: decisions that wait for a person, answered once, and never against what the rules now say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row

from engine import Verdict
from policy.asked_again import Question, question
from policy.bulk import insert
from policy.canonical import canonical
from policy.contracts import Decision, EventType, Reason, Review, ReviewAnswer, ReviewStatus, ReviewStep
from policy.decisions import recorded_judgement, retired, rows_of
from policy.judge import Judgement
from policy.outbox import event_row, outbox_rows
from policy.packs import PackLoader
from policy.ports import Clock, ContextSource, HouseFacts, derived_id
from policy.problems import Fault, Problem
from policy.record import CONTEXTS, Finding, decision_from, record
from policy.review_rows import change, listed, overdue, review_row, with_history
from policy.store import reading, writing


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of a review."""

    reviewer: str
    note: str
    status: ReviewStatus


@dataclass(frozen=True, slots=True)
class Reviews:
    """The review queue over one store."""

    store: Engine
    clock: Clock
    contexts: ContextSource
    loader: PackLoader
    books: HouseFacts
    chain: str

    def listed(self, status: ReviewStatus | None, after: UUID | None, limit: int) -> list[Review]:
        """At most ``limit`` reviews, the one that ends first on top."""
        now = self.clock.now()
        with reading(self.store) as connection:
            rows = listed(connection, status=status, now=now, after=after, limit=limit)
            return with_history(connection, rows, now)

    def one(self, review_id: UUID) -> Review:
        """One review; a 404 problem when there is none."""
        with reading(self.store) as connection:
            return _as_review(connection, _found(connection, review_id), self.clock.now())

    def approve(self, review_id: UUID, reviewer: str, note: str) -> ReviewAnswer:
        """Approve, if the packs that decided, and those since, still allow it on what the house measures now.

        Raises a 409 problem when they say REJECT, when they have a REVIEW reason that the review
        did not show, and when the review is answered or expired.
        """
        asking = self._question(review_id)
        answer = Answer(reviewer, note, ReviewStatus.APPROVED)
        return self._settle(review_id, lambda connection, row: self._approve(connection, row, asking, answer))

    def reject(self, review_id: UUID, reviewer: str, note: str) -> ReviewAnswer:
        """Reject; the rules need not be asked. Raises a 409 problem when answered or expired."""
        answer = Answer(reviewer, note, ReviewStatus.REJECTED)
        return self._settle(review_id, lambda connection, row: self._reject(connection, row, answer))

    def expire_overdue(self) -> int:
        """Close every pending review whose time is over; returns how many there were."""
        now = self.clock.now()
        with reading(self.store) as connection:
            if not overdue(connection, now):  # the usual case, which needs no write lock
                return 0
        with writing(self.store) as connection:
            return sum(_expire(connection, review_id, now) for review_id in overdue(connection, now))

    def _question(self, review_id: UUID) -> Question:
        """What to put to the packs that decided: the signal in fresh contexts; before any lock is held."""
        with reading(self.store) as connection:
            row = _original(connection, _found(connection, review_id))
        return question(row, self.clock.now(), self.contexts, self.loader, missing="recorded")

    def _settle(
        self, review_id: UUID, settle: Callable[[Connection, Row[Any]], ReviewAnswer | Problem]
    ) -> ReviewAnswer:
        """Run ``settle`` on the locked review; what it changed stays, also when the answer is a problem."""
        with writing(self.store) as connection:
            row = review_row(connection, review_id, locked=True)
            if row is None:
                raise _unknown(review_id)
            result = self._closed(connection, row) or settle(connection, row)
        if isinstance(result, Problem):
            raise result
        return result

    def _closed(self, connection: Connection, row: Row[Any]) -> Problem | None:
        if row.status not in (ReviewStatus.PENDING.value, ReviewStatus.EXPIRED.value):
            return Problem(409, "review-already-answered", f"the review is {row.status} already; reload it")
        now = self.clock.now()
        if row.status == ReviewStatus.PENDING.value and row.expires_at > now:
            return None
        _expire(connection, row.review_id, now)
        return Problem(409, "review-expired", "the review's time is over; a new signal gets a new review")

    def _approve(
        self, connection: Connection, row: Row[Any], asking: Question, answer: Answer
    ) -> ReviewAnswer | Problem:
        asked = asking.put(connection, self.books)
        judgement = asked.judgement
        if judgement.verdict is Verdict.REJECT:
            return _overrule(connection, row, judgement)
        seen = {reason["rule"] for reason in row.reasons}
        unseen = [hit for hit in judgement.hits if hit.rule not in seen]
        if unseen:
            return _show(connection, row, unseen, judgement.at)
        until = judgement.at + timedelta(seconds=judgement.in_force.ttl_seconds)
        decision = decision_from(judgement, None, row.decision_id).model_copy(
            update={"decision": "APPROVE", "reasons": (), "waived": judgement.hits, "expires_at": until}
        )
        return self._answered(connection, row, Finding(judgement, decision, asked.facts_source), answer)

    def _reject(self, connection: Connection, row: Row[Any], answer: Answer) -> ReviewAnswer:
        original = _original(connection, row)
        judgement = recorded_judgement(original, self.clock.now())
        decision = decision_from(judgement, None, row.decision_id)
        decision = decision.model_copy(update={"decision": "REJECT", "approved_size_pct": 0.0})
        return self._answered(
            connection,
            row,
            Finding(judgement, decision, canonical(dict.fromkeys(CONTEXTS, "recorded"))),
            answer,
        )

    def _answered(
        self, connection: Connection, row: Row[Any], finding: Finding, answer: Answer
    ) -> ReviewAnswer:
        decision = _chained(finding.decision, row, answer)
        at = finding.judgement.at
        step = ReviewStep(at=at, by=answer.reviewer, what=answer.status.value.lower(), note=answer.note)
        change(
            connection,
            row.review_id,
            step,
            status=answer.status.value,
            answered_by=answer.reviewer,
            note=answer.note,
            answered_at=at,
            answer_id=decision.decision_id,
        )
        record(
            connection, self.chain, [Finding(finding.judgement, decision, finding.facts_source, answer.note)]
        )
        review = _as_review(connection, _found(connection, row.review_id), at)
        told = ReviewAnswer(**dict(decision), status=review.status, review=review)
        _publish(connection, review, told)
        return told


def _chained(decision: Decision, row: Row[Any], answer: Answer) -> Decision:
    return decision.model_copy(
        update={
            "decision_id": derived_id("decision", row.review_id),
            "review_id": row.review_id,
            "supersedes": row.decision_id,
            "answered_by": answer.reviewer,
        }
    )


def _overrule(connection: Connection, row: Row[Any], judgement: Judgement) -> Problem:
    """The rules have the last word: close the review and say which rules spoke."""
    step = ReviewStep(at=judgement.at, by="policy", what="overruled", note=_words(judgement.hits))
    _close(connection, row.review_id, ReviewStatus.OVERRULED, step)
    detail = "the rules now reject the signal, so it cannot be approved; see errors"
    return Problem(409, "rules-now-reject", detail, _listed(judgement.hits))


def _show(connection: Connection, row: Row[Any], unseen: Sequence[Reason], at: datetime) -> Problem:
    """Put new reasons on the review, so that the next answer is given knowing them."""
    step = ReviewStep(at=at, by="policy", what="new reasons", note=_words(unseen))
    reasons = [*row.reasons, *(reason.model_dump() for reason in unseen)]
    change(connection, row.review_id, step, reasons=reasons)
    detail = "there are reasons now that the review did not show; read them and answer again"
    return Problem(409, "review-has-new-reasons", detail, _listed(unseen))


def _expire(connection: Connection, review_id: UUID, now: datetime) -> bool:
    step = ReviewStep(at=now, by="policy", what="expired")
    return _close(connection, review_id, ReviewStatus.EXPIRED, step)


def _close(connection: Connection, review_id: UUID, status: ReviewStatus, step: ReviewStep) -> bool:
    """End a pending review without an answer, and tell whoever shows the queue."""
    if not change(connection, review_id, step, status=status.value):
        return False
    _publish(connection, _as_review(connection, _found(connection, review_id), step.at), None)
    return True


def _publish(connection: Connection, review: Review, answer: ReviewAnswer | None) -> None:
    decision = None if answer is None else answer.model_dump(mode="json", exclude={"rules", "review"})
    text = canonical({"review": review.model_dump(mode="json"), "decision": decision})
    at = review.history[-1].at
    insert(connection, outbox_rows([event_row(EventType.REVIEW_ANSWERED, review.review_id, at, text)]))


def _found(connection: Connection, review_id: UUID) -> Row[Any]:
    row = review_row(connection, review_id)
    if row is None:
        raise _unknown(review_id)
    return row


def _as_review(connection: Connection, row: Row[Any], now: datetime) -> Review:
    return with_history(connection, [row], now)[0]


def _original(connection: Connection, row: Row[Any]) -> Row[Any]:
    found = rows_of(connection, [row.decision_id]).get(row.decision_id)
    if found is None:  # it is kept while the review waits, so the review is long closed
        raise retired(row.decision_id)
    return found


def _unknown(review_id: UUID) -> Problem:
    return Problem(404, "review-not-found", f"there is no review {review_id}; GET /v1/reviews lists them")


def _words(hits: Sequence[Reason]) -> str:
    return "; ".join(f"{hit.rule}: {hit.message}" for hit in hits)


def _listed(hits: Sequence[Reason]) -> list[Fault]:
    return [Fault(pointer="", code=hit.rule, detail=hit.message) for hit in hits]
