"""Memos read back: one with all that was sent and came back, and what a day came to."""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, PlainSerializer
from sqlalchemy import Connection, bindparam, func, select

from policy.canonical import canonical
from policy.contracts import Contract, PackSet, ReasoningMemo, Scalar, Utc
from policy.memo_tables import reasoning_memos as memos

Dollars = Annotated[Decimal, PlainSerializer(lambda cost: format(cost, "f"), when_used="json")]

_TOLD = ("source", "symbol", "asked_at", "seconds", "question_hash", "input_tokens", "output_tokens", "cost")
_ONE = select(memos).where(memos.c.source == bindparam("source"), memos.c.signal_id == bindparam("signal"))
_OF_DAY = (memos.c.asked_at >= bindparam("begins"), memos.c.asked_at < bindparam("ends"))
_KINDS = (
    select(memos.c.status, memos.c.reason, func.count(), func.max(memos.c.seconds))
    .where(*_OF_DAY)
    .group_by(memos.c.status, memos.c.reason)
)
_SPENT = select(memos.c.input_tokens, memos.c.output_tokens, memos.c.cost).where(
    *_OF_DAY, memos.c.attempts != "[]"
)


class AttemptView(Contract):
    """One asking of a model: exactly what was sent, and what came back, as far as it may be kept.

    ``seconds`` is the time it took, ``cost`` in dollars, ``error`` a code with its text.
    """

    prompt: str
    raw: str | None
    error: str | None
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost: Annotated[Dollars | None, Field(strict=False)]
    seconds: float
    repair: bool


class MemoRecord(Contract):
    """A memo with its record. ``attempts`` only where prompts were asked for; ``cost`` is in dollars."""

    memo: ReasoningMemo
    source: PackSet
    symbol: str
    asked_at: Utc
    seconds: float
    question_hash: str
    settings: Mapping[str, Scalar]
    input_tokens: int | None
    output_tokens: int | None
    cost: Dollars | None
    attempts: tuple[AttemptView, ...] | None = None


class DayView(Contract):
    """What memos of one day (UTC) came to: counts by status and reason, the slowest, dollars and tokens.

    ``cost`` is null where none of them has one, as without a price.
    """

    day: str
    statuses: Mapping[str, int]
    reasons: Mapping[str, int]
    slowest_seconds: float | None
    input_tokens: int
    output_tokens: int
    cost: Annotated[Dollars | None, Field(strict=False)]


def memo_record(
    connection: Connection, source: PackSet, signal_id: UUID, *, prompts: bool
) -> MemoRecord | None:
    """The memo on ``signal_id`` of ``source``, with ``prompts`` if wanted; None where there is none."""
    row = connection.execute(_ONE, {"source": source, "signal": signal_id}).first()
    if row is None:
        return None
    return MemoRecord(
        memo=ReasoningMemo.model_validate_json(canonical(json.loads(row.memo) | {"digest": row.digest})),
        settings=json.loads(row.settings),
        attempts=_attempts(row.attempts) if prompts else None,
        **{name: getattr(row, name) for name in _TOLD},
    )


def day_of(connection: Connection, now: datetime) -> DayView:
    """What the memos of the day of ``now`` came to."""
    begins = datetime.combine(now.date(), time(), now.tzinfo)
    asked = {"begins": begins, "ends": begins + timedelta(days=1)}
    statuses: dict[str, int] = {}
    reasons: dict[str, int] = {}
    slowest: list[float] = []
    for status, reason, count, seconds in connection.execute(_KINDS, asked):
        statuses[status] = statuses.get(status, 0) + count
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + count
        slowest.append(seconds)
    spent = connection.execute(_SPENT, asked).all()
    costs = [row.cost for row in spent if row.cost is not None]
    return DayView(
        day=begins.date().isoformat(),
        statuses=dict(sorted(statuses.items())),
        reasons=dict(sorted(reasons.items())),
        slowest_seconds=max(slowest, default=None),
        input_tokens=sum(row.input_tokens or 0 for row in spent),
        output_tokens=sum(row.output_tokens or 0 for row in spent),
        cost=sum(costs, Decimal(0)) if costs else None,
    )


def _attempts(text: str) -> tuple[AttemptView, ...]:
    kept: list[dict[str, Any]] = json.loads(text)
    return tuple(AttemptView.model_validate_json(canonical(one)) for one in kept)
