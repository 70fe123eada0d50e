"""Recorded decisions as a file of signals: what was put to the rules then, for packs of today."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, func, select

from adapters.regress.signals import AT, SIGNAL_ID, RegressRefused, Told, inputs_of
from engine import RulePack
from engine.declarations import Input
from policy.facts import facts_of
from policy.proposal import Proposal
from policy.store import reading
from policy.tables import policy_evaluations as evaluations

_BLOCK = 50_000  # decisions held in memory at once; one row group
_TYPES = {"number": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
_DECIDED = evaluations.c.purpose.is_(None) & evaluations.c.supersedes.is_(None)


def write_decisions(store: Engine, packs: Sequence[RulePack], file: Path, told: Told) -> int:
    """Write every signal ``store`` decided on into ``file``, oldest first; how many those were.

    The facts are those that ``packs`` declare, taken from the proposal as it was recorded; what the house
    alone can say is there if it was measured then. What a person answered is no signal of its own.

    Raises:
        RegressRefused: nothing was decided yet.
    """
    inputs, written = inputs_of(packs), 0
    with reading(store) as connection, pq.ParquetWriter(file, _schema(inputs)) as writer:
        total = connection.scalar(select(func.count()).select_from(evaluations).where(_DECIDED)) or 0
        query = select(evaluations.c.evaluated_at, evaluations.c.proposal, evaluations.c.facts).where(
            _DECIDED
        )
        rows = connection.execution_options(yield_per=_BLOCK).execute(query.order_by(evaluations.c.id))
        for block in rows.partitions():
            writer.write_batch(_batch(block, inputs))
            written += len(block)
            told(written / total)
    if not written:
        raise RegressRefused("nothing was decided yet; play some days with `trivet run` or `trivet replay`")
    return written


def _schema(inputs: Mapping[str, Input]) -> pa.Schema:
    facts = [(name, _TYPES[declared.type]) for name, declared in inputs.items()]
    return pa.schema([(SIGNAL_ID, pa.string()), (AT, pa.timestamp("us", "UTC")), *facts])


def _batch(rows: Sequence[Any], inputs: Mapping[str, Input]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(_signals(rows, inputs)), _schema(inputs))


def _signals(rows: Sequence[Any], inputs: Mapping[str, Input]) -> Iterator[dict[str, Any]]:
    declared = {name: one.source for name, one in inputs.items()}
    for row in rows:
        proposal = Proposal.model_validate_json(row.proposal)
        facts = facts_of(proposal, declared, json.loads(row.facts))
        yield {SIGNAL_ID: str(proposal.signal_id), AT: row.evaluated_at, **facts}
