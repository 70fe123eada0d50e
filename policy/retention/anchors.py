"""Anchors: what bridges the links that retention dropped from a chain of decisions.

A chain goes on over an anchor as if its links were there: from the hash before the first to the hash of
the last. Anchors form a chain of their own, and each holds a digest over what is left of its decisions.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from policy.audit.chain import Head, hash_of, link_hash, locked_head, moved
from policy.bulk import insert, rows_for, speller
from policy.retention.tables import audit_anchors, retired_decisions
from policy.tables import policy_evaluations as evaluations

ANCHOR_CHAIN = "anchors/decisions"
LEFT = ("decision_id", "seq", "signal_id", "supersedes", "purpose", "verdict", "answered_by")
"""What is left of a decision, beside the number of its anchor."""

_HASHED = tuple(column.name for column in audit_anchors.columns if column.name != "hash")
_spelled_left = speller(retired_decisions, LEFT)
_spelled_anchor = speller(audit_anchors, _HASHED)
_NAMES = evaluations.columns.keys()


class LogDamaged(Exception):
    """Links that are to be dropped are not as they were written."""


@dataclass
class Run:
    """Links of one chain that follow each other and are dropped together."""

    chain: str
    first_seq: int
    last_seq: int
    hash_before: str
    last_hash: str
    digest: Any = field(default_factory=sha256)

    @property
    def rows(self) -> int:
        """How many links it has."""
        return self.last_seq - self.first_seq + 1

    def takes(self, link: Row[Any]) -> bool:
        """Whether ``link`` is the next one; raises ``LogDamaged`` where it only pretends to be."""
        if (link.chain, link.seq) != (self.chain, self.last_seq + 1):
            return False
        if link.prev_hash != self.last_hash:
            raise LogDamaged(_damaged(link))
        return True

    def take(self, link: Row[Any]) -> None:
        """Go on to ``link``."""
        self.last_seq, self.last_hash = link.seq, link.hash
        self.digest.update(left_hash(_named(link)).encode())


def runs_of(links: Iterable[Row[Any]], held: Iterable[UUID]) -> tuple[list[Run], list[UUID]]:
    """The runs that ``links``, in the order of their chains, fall into, and the decisions to keep aside.

    Links of the signals ``held`` belong to no run. Raises ``LogDamaged`` for a link that was changed:
    evidence of tampering must not be dropped.
    """
    runs: list[Run] = []
    kept: list[UUID] = []
    signals = frozenset(held)
    for link in links:
        if link_hash(_named(link)) != link.hash:
            raise LogDamaged(_damaged(link))
        if link.signal_id in signals:
            kept.append(link.decision_id)
            continue
        if not runs or not runs[-1].takes(link):
            runs.append(Run(link.chain, link.seq, link.seq, link.prev_hash, link.hash))
        runs[-1].take(link)
    return runs, kept


def left_hash(left: Mapping[str, Any]) -> str:
    """The hash of what is left of one decision; an anchor's digest is SHA-256 over those of its links."""
    return hash_of(_spelled_left(left))


def anchor_hash(anchor: Mapping[str, Any]) -> str:
    """The hash that an anchor must have by its content."""
    return hash_of(_spelled_anchor(anchor))


def wait_for_others(connection: Connection) -> None:
    """Let nobody else drop links until this transaction ends: what two drop gets one anchor, not two."""
    locked_head(connection, ANCHOR_CHAIN)


def add(connection: Connection, runs: Iterable[Run], at: datetime, by: str) -> Iterator[tuple[int, Run]]:
    """Write an anchor for each of ``runs`` in the caller's transaction; gives its number with the run."""
    head = locked_head(connection, ANCHOR_CHAIN)
    for run in runs:
        row = {
            "number": head.seq + 1,
            **{name: getattr(run, name) for name in ("chain", "first_seq", "last_seq", "hash_before")},
            "last_hash": run.last_hash,
            "rows": run.rows,
            "digest": run.digest.hexdigest(),
            "at": at,
            "by": by,
            "prev_hash": head.hash,
        }
        row["hash"] = anchor_hash(row)
        head = Head(head.seq + 1, row["hash"])
        insert(connection, rows_for(audit_anchors, [row]), moved(ANCHOR_CHAIN, head))
        yield head.seq, run


def _named(link: Row[Any]) -> dict[str, Any]:
    return dict(zip(_NAMES, link, strict=True))


def _damaged(link: Row[Any]) -> str:
    return (
        f"decision {link.decision_id} ({link.chain} {link.seq}) is not as it was written, so nothing of its "
        "month was dropped; run `trivet audit verify`"
    )
