"""The record of a memo: a question and what was thought of it, as a row that can be vouched for and found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from adapters.reasoning.mind import Attempt, Thought
from adapters.reasoning.redaction import redacted
from policy.bulk import insert_new_rows
from policy.canonical import canonical, digest
from policy.contracts import PackSet, ReasoningMemo, Scalar
from policy.memo_contracts import MemoQuestion
from policy.memo_tables import memo_digest, reasoning_memos
from policy.ports import derived_id

_OF_SIGNALS = select(reasoning_memos).where(
    reasoning_memos.c.source == bindparam("source"),
    reasoning_memos.c.signal_id.in_(bindparam("signals", expanding=True)),
)
_UNSAID = {"digest"}


@dataclass(frozen=True, slots=True)
class Thinker:
    """Who thought: a name, and the settings that its answers depend on."""

    name: str
    settings: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A memo as it is on record, with the hash of the question that it answers."""

    memo: ReasoningMemo
    question_hash: str


def memo_id_of(source: PackSet, signal_id: UUID) -> UUID:
    """A signal of a source has one memo for ever."""
    return derived_id("memo", source, signal_id)


def question_hash_of(question: MemoQuestion) -> str:
    """SHA-256 of all that was asked: equal questions have equal hashes."""
    return digest(canonical(question.model_dump(mode="json")))


def row_of(
    source: PackSet, question: MemoQuestion, thought: Thought, thinker: Thinker, at: datetime
) -> dict[str, Any]:
    """The row that is the record of ``thought`` on ``question``, thought about from ``at`` on."""
    signal, asked = question.signal, question_hash_of(question)
    memo = memo_of(signal.signal_id, thought, thinker.name, memo_id_of(source, signal.signal_id))
    attempts = [_kept(attempt) for attempt in thought.attempts]
    said = memo.model_dump(mode="json", exclude=_UNSAID)
    return {
        "memo_id": memo.memo_id,
        "source": source,
        "signal_id": signal.signal_id,
        "symbol": signal.symbol,
        "question_hash": asked,
        "reasoner": thinker.name,
        "settings": canonical(dict(thinker.settings)),
        "status": memo.status,
        "reason": memo.reason,
        "memo": canonical(said),
        "attempts": canonical(attempts),
        "input_tokens": _total(attempt.input_tokens for attempt in thought.attempts),
        "output_tokens": _total(attempt.output_tokens for attempt in thought.attempts),
        "cost": _dollars(attempt.cost for attempt in thought.attempts),
        "asked_at": at,
        "seconds": thought.seconds,
        "digest": memo_digest(asked, thinker.name, thinker.settings, attempts, said),
    }


def memo_of(signal_id: UUID, thought: Thought, reasoner: str, memo_id: UUID | None) -> ReasoningMemo:
    """``thought`` in the form in which it leaves the service; ``memo_id`` is None without a record."""
    opinion = thought.opinion
    return ReasoningMemo(
        signal_id=signal_id,
        status=thought.status,
        reason=thought.reason,
        reason_text=_told(thought.reason_text),
        recommendation=opinion.recommendation if opinion else None,
        thesis=opinion.thesis if opinion else "",
        counter_thesis=opinion.counter_thesis if opinion else "",
        risk_flags=opinion.risk_flags if opinion else (),
        citations=opinion.citations if opinion else (),
        reasoner=reasoner,
        memo_id=memo_id,
    )


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Write ``rows``, all but those whose signal has a memo by now; gives the memo ids of those written.

    Waits for another transaction that writes the same; sorted, so that two never wait for each other.
    """
    in_order = sorted(rows, key=itemgetter("memo_id"))
    return {memo_id for memo_id, _ in insert_new_rows(connection, reasoning_memos, in_order, "memo_id")}


def on_record(connection: Connection, source: PackSet, signals: Iterable[UUID]) -> dict[UUID, Recorded]:
    """The memos that ``signals`` of ``source`` have, by signal."""
    asked = {"source": source, "signals": sorted(signals)}
    return {row.signal_id: _recorded(row) for row in connection.execute(_OF_SIGNALS, asked)}


def _recorded(row: Any) -> Recorded:
    said = json.loads(row.memo) | {"digest": row.digest}
    return Recorded(ReasoningMemo.model_validate_json(canonical(said)), row.question_hash)


def _kept(attempt: Attempt) -> dict[str, Any]:
    """An attempt as JSON; what came back is redacted, what was sent was redacted before that."""
    return {
        "prompt": attempt.prompt,
        "raw": None if attempt.raw is None else _told(attempt.raw),
        "error": None if attempt.error is None else _told(attempt.error),
        "finish_reason": attempt.finish_reason,
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
        "cost": None if attempt.cost is None else format(attempt.cost, "f"),
        "seconds": attempt.seconds,
        "repair": attempt.repair,
    }


def _told(text: str) -> str:
    """What others said, as it may be kept; half a letter, which no database takes, stays as its escape."""
    return redacted(text.encode("utf-8", "backslashreplace").decode())


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _dollars(costs: Iterable[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known else None
