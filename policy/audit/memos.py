"""Holds memos to the decisions that name them: each there, and as it was written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select

from policy.contracts import MemoRef
from policy.decisions import memo_ref_of
from policy.memo_tables import reasoning_memos
from policy.memos import digest_of

Found = tuple[str, str, str]
"""Table, row, and what is wrong with it."""

_AT_ONCE = 500
_NAMED = select(reasoning_memos.c.memo_id, reasoning_memos.c.signal_id, reasoning_memos.c.digest).where(
    reasoning_memos.c.memo_id.in_(bindparam("memos", expanding=True))
)
_EVERY = select(reasoning_memos).order_by(reasoning_memos.c.memo_id)


def lost_memos(connection: Connection, decisions: Sequence[Row[Any]]) -> Iterator[Found]:
    """Every one of the recorded ``decisions`` whose memo is gone, or is not the one it was made with."""
    named = [(row, ref) for row in decisions if (ref := _ref_of(row))]
    if not named:
        return
    asked = {"memos": [ref.memo_id for _, ref in named]}
    kept = {row.memo_id: row for row in connection.execute(_NAMED, asked)}
    for row, ref in named:
        yield from _held_to(row, ref, kept)


def memo_flaws(connection: Connection) -> Iterator[Found]:
    """Every memo whose content does not give its digest."""
    for row in connection.execute(_EVERY, execution_options={"yield_per": _AT_ONCE}):
        if digest_of(row) != row.digest:
            yield "reasoning_memos", str(row.memo_id), "was changed: its content does not give its digest"


def _held_to(row: Row[Any], ref: MemoRef, kept: Mapping[UUID, Any]) -> Iterator[Found]:
    name, memo = str(ref.memo_id), kept.get(ref.memo_id)
    if memo is None:
        yield "reasoning_memos", name, f"is gone, and decision {row.decision_id} was made with it"
    elif (memo.signal_id, memo.digest) != (row.signal_id, ref.digest):
        yield "reasoning_memos", name, f"is not the memo that decision {row.decision_id} was made with"


def _ref_of(row: Row[Any]) -> MemoRef | None:
    """None, too, where the record was tampered with, which is told of elsewhere."""
    try:
        return memo_ref_of(row)
    except ValueError:
        return None
