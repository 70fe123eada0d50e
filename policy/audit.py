"""The hash chain over evaluations: what makes a change of the record show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update

from policy.bulk import insert_rows
from policy.canonical import canonical, digest
from policy.columns import Id, UtcTime
from policy.contracts import utc_text
from policy.store import insert_new
from policy.tables import audit_heads as heads
from policy.tables import policy_evaluations as evaluations

GENESIS = "0" * 64
HASHED = tuple(column.name for column in evaluations.columns if column.name not in {"id", "hash"})
"""The columns a link covers: all but the database's own key and the hash itself."""

_hashed_values = itemgetter(*HASHED)
_WORDED = [place for place, name in enumerate(HASHED) if isinstance(evaluations.c[name].type, Id | UtcTime)]
_HEAD = select(heads.c.seq, heads.c.hash).where(heads.c.chain == bindparam("name")).with_for_update()
_ADVANCE = update(heads).where(heads.c.chain == bindparam("name"))


class Head(NamedTuple):
    """How long a chain is and what its last link hashes to."""

    seq: int
    hash: str


def append(connection: Connection, chain: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record ``rows`` as the next links of ``chain``; its head stays locked until the commit."""
    head = _locked_head(connection, chain)
    linked = []
    for row in rows:
        link = {**row, "chain": chain, "seq": head.seq + 1, "prev_hash": head.hash}
        link["hash"] = link_hash(link)
        head = Head(link["seq"], link["hash"])
        linked.append(link)
    insert_rows(connection, evaluations, linked)
    connection.execute(_ADVANCE, {"name": chain, "seq": head.seq, "hash": head.hash})


def link_hash(link: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON list of a link's hashed columns; times and ids as their usual text."""
    values = list(_hashed_values(link))
    for place in _WORDED:
        if values[place] is not None:
            values[place] = _plain(values[place])
    return digest(canonical(values))


def _locked_head(connection: Connection, chain: str) -> Head:
    found = connection.execute(_HEAD, {"name": chain}).first()
    if found is None:
        connection.execute(insert_new(connection, heads), [{"chain": chain, "seq": 0, "hash": GENESIS}])
        found = connection.execute(_HEAD, {"name": chain}).one()
    return Head(found.seq, found.hash)


def _plain(value: datetime | UUID) -> str:
    return utc_text(value) if isinstance(value, datetime) else str(value)
