"""The record of memos: what was asked, what was sent and came back, and the digest that vouches for it.

It is a part of the audit log: a decision names the memo it was made with and that memo's digest, so the hash
chain of decisions vouches for memos, too. No row is ever changed; retention takes it with its decision.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text, UniqueConstraint

from policy.canonical import canonical, digest
from policy.columns import Exact, Id, SafeText, UtcTime, metadata

_WATCHED_BY_A_CLOCK = "seconds"

reasoning_memos = Table(
    "reasoning_memos",
    metadata,
    Column("memo_id", Id(), primary_key=True),
    Column("source", String(8), nullable=False),
    Column("signal_id", Id(), nullable=False),
    Column("symbol", SafeText(), nullable=False),
    Column("question_hash", String(64), nullable=False),
    Column("reasoner", SafeText(), nullable=False),
    Column("settings", Text(), nullable=False),
    Column("status", String(7), nullable=False),
    Column("reason", String(64)),
    Column("memo", Text(), nullable=False),
    Column("attempts", Text(), nullable=False),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost", Exact()),
    Column("asked_at", UtcTime(), nullable=False),
    Column("seconds", Double, nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("source", "signal_id"),
    Index("ix_reasoning_memos_asked_at", "asked_at", "memo_id"),
    comment="append-only: each memo with its prompts, answers and errors; JSON columns are verbatim text",
)


def memo_digest(
    question_hash: str,
    reasoner: str,
    settings: Mapping[str, Any],
    attempts: Sequence[Mapping[str, Any]],
    memo: Mapping[str, Any],
) -> str:
    """SHA-256 over everything a memo follows from and says, but for how long it took.

    All arguments are JSON values; ``memo`` is without its own digest.
    """
    timeless = [
        {name: value for name, value in one.items() if name != _WATCHED_BY_A_CLOCK} for one in attempts
    ]
    whole = {
        "question": question_hash,
        "reasoner": reasoner,
        "settings": dict(settings),
        "attempts": timeless,
        "memo": dict(memo),
    }
    return digest(canonical(whole))
