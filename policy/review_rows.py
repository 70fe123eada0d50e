"""Reviews as rows: read with their history, locked, and changed only while they are pending."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from policy.contracts import Reason, Review, ReviewStatus, ReviewStep
from policy.tables import review_steps, reviews

PENDING = ReviewStatus.PENDING

_ONE = select(reviews).where(reviews.c.review_id == bindparam("review"))
_LOCKED = _ONE.with_for_update()
_STEPS = (
    select(review_steps)
    .where(review_steps.c.review_id.in_(bindparam("ids", expanding=True)))
    .order_by(review_steps.c.review_id, review_steps.c.position)
)
_COUNT = select(func.count()).where(review_steps.c.review_id == bindparam("review"))


def review_row(connection: Connection, review_id: UUID, *, locked: bool = False) -> Row[Any] | None:
    """One review's row; ``locked`` keeps others from answering it until this transaction ends."""
    return connection.execute(_LOCKED if locked else _ONE, {"review": review_id}).first()


def listed(
    connection: Connection, *, status: ReviewStatus | None, now: datetime, after: UUID | None, limit: int
) -> list[Row[Any]]:
    """At most ``limit`` reviews that have ``status`` at ``now``, the one that ends first on top.

    ``after`` is the review to go on from.
    """
    query = select(reviews).order_by(reviews.c.expires_at, reviews.c.review_id).limit(limit)
    if status is not None:
        query = query.where(_has(status, now))
    if after is not None:
        query = _going_on(query, after)
    return list(connection.execute(query))


def overdue(connection: Connection, now: datetime) -> list[UUID]:
    """Pending reviews whose time is over."""
    due = and_(reviews.c.status == PENDING.value, reviews.c.expires_at <= now)
    return list(connection.scalars(select(reviews.c.review_id).where(due).order_by(reviews.c.expires_at)))


def with_history(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> list[Review]:
    """``rows`` as reviews; one that is pending past its time reads EXPIRED, swept or not."""
    steps = connection.execute(_STEPS, {"ids": [row.review_id for row in rows]}) if rows else ()
    history = {key: tuple(map(_step, group)) for key, group in groupby(steps, key=lambda row: row.review_id)}
    return [_review(row, history.get(row.review_id, ()), now) for row in rows]


def change(connection: Connection, review_id: UUID, step: ReviewStep, **values: Any) -> bool:
    """Change a pending review and add ``step`` to its history; False when it is pending no more."""
    pending = and_(reviews.c.review_id == review_id, reviews.c.status == PENDING.value)
    if connection.execute(update(reviews).where(pending).values(**values)).rowcount != 1:
        return False
    position = connection.scalar(_COUNT, {"review": review_id})
    row = {"review_id": review_id, "position": position, **step.model_dump()}
    connection.execute(insert(review_steps), [row])
    return True


def _has(status: ReviewStatus, now: datetime) -> ColumnElement[bool]:
    pending = reviews.c.status == PENDING.value
    if status is PENDING:
        return and_(pending, reviews.c.expires_at > now)
    if status is ReviewStatus.EXPIRED:
        return or_(reviews.c.status == status.value, and_(pending, reviews.c.expires_at <= now))
    return reviews.c.status == status.value


def _going_on(query: Select[Any], after: UUID) -> Select[Any]:
    """From the review ``after`` on; from nowhere where there is no such review."""
    ends = select(reviews.c.expires_at).where(reviews.c.review_id == after).scalar_subquery()
    place = tuple_(ends, literal(after, reviews.c.review_id.type))
    return query.where(tuple_(reviews.c.expires_at, reviews.c.review_id) > place)


def _review(row: Row[Any], history: tuple[ReviewStep, ...], now: datetime) -> Review:
    shown = _shown(row)
    status = ReviewStatus(row.status)
    if status is PENDING and row.expires_at <= now:
        status = ReviewStatus.EXPIRED
    reasons = tuple(Reason(**reason) for reason in row.reasons)
    return Review(**shown, status=status, reasons=reasons, history=history)


def _shown(row: Row[Any]) -> Mapping[str, Any]:
    names = ("review_id", "decision_id", "signal_id", "symbol", "candidate_action", "created_at")
    return {name: getattr(row, name) for name in (*names, "expires_at", "answered_by", "note", "answered_at")}


def _step(row: Row[Any]) -> ReviewStep:
    return ReviewStep(at=row.at, by=row.by, what=row.what, note=row.note)
