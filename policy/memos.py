"""Memos read back from their record by whoever shows what a decision was made with."""

import json

from sqlalchemy import Connection, select

from policy.canonical import canonical
from policy.contracts import MemoRef, ReasoningMemo
from policy.memo_tables import reasoning_memos as memos


def memo_on_record(connection: Connection, ref: MemoRef) -> ReasoningMemo | None:
    """The memo that ``ref`` names, as it was given; None where it is not there, or is another by now."""
    named = (memos.c.memo_id == ref.memo_id, memos.c.digest == ref.digest)
    said = connection.scalar(select(memos.c.memo).where(*named))
    if said is None:
        return None
    return ReasoningMemo.model_validate_json(canonical(json.loads(said) | {"digest": ref.digest}))
