"""Memos read back from their record, and held to the digest by which a decision vouches for them."""

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from policy.canonical import canonical
from policy.contracts import MemoRef, ReasoningMemo
from policy.memo_tables import memo_digest
from policy.memo_tables import reasoning_memos as memos


def memo_on_record(connection: Connection, ref: MemoRef) -> ReasoningMemo | None:
    """The memo that ``ref`` names, as it was given; None where it is not there, or was changed since."""
    row = connection.execute(select(memos).where(memos.c.memo_id == ref.memo_id)).first()
    if row is None or digest_of(row) != ref.digest:
        return None
    return ReasoningMemo.model_validate_json(canonical(json.loads(row.memo) | {"digest": ref.digest}))


def digest_of(row: Row[Any]) -> str | None:
    """What the record of a memo hashes to as it is now; None where it cannot be read any more."""
    try:
        settings, attempts, memo = (json.loads(text) for text in (row.settings, row.attempts, row.memo))
        return memo_digest(row.question_hash, row.reasoner, settings, attempts, memo)
    except (ValueError, TypeError, AttributeError):
        return None
