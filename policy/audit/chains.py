"""Walks the chains of decisions link by link, over rows kept aside and over anchors, and the anchors' own."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select, union_all

from policy.audit.chain import GENESIS, Head, link_hash
from policy.permit_rows import CHAIN_PREFIX
from policy.retention.anchors import ANCHOR_CHAIN, LEFT, anchor_hash, left_hash
from policy.retention.tables import audit_anchors, kept_evaluations, retired_decisions
from policy.tables import audit_heads as heads
from policy.tables import policy_evaluations as evaluations

Found = tuple[str, str, str]
"""Table, row, and what is wrong with it."""

_AT_ONCE = 500
_BEGIN = Head(0, GENESIS)
_NAMES = evaluations.columns.keys()
_LINKS = union_all(select(evaluations), select(kept_evaluations)).order_by("chain", "seq")
_ANCHORS = select(audit_anchors).order_by(audit_anchors.c.number)
_LEFT = select(retired_decisions).order_by(retired_decisions.c.anchor, retired_decisions.c.seq)
_ENDS = select(heads).where(
    ~heads.c.chain.startswith(CHAIN_PREFIX, autoescape=True), heads.c.chain != ANCHOR_CHAIN
)


class _Anchors:
    """The anchors by the place they bridge, each used once."""

    def __init__(self, rows: list[Row[Any]]) -> None:
        self._by_place = {(row.chain, row.first_seq): row for row in rows}
        self.chains = {row.chain for row in rows}

    def bridge(self, chain: str, reached: Head) -> Head:
        """Where ``chain`` goes on after ``reached``: beyond the links that anchors stand for there."""
        while (row := self._by_place.get((chain, reached.seq + 1))) and row.hash_before == reached.hash:
            del self._by_place[chain, row.first_seq]
            reached = Head(row.last_seq, row.last_hash)
        return reached

    def unused(self) -> Iterator[Found]:
        """Anchors that stand for nothing that is missing."""
        for row in sorted(self._by_place.values(), key=lambda one: one.number):
            yield "audit_anchors", str(row.number), "bridges no links that are missing where it says"


def chain_flaws(connection: Connection) -> Iterator[Found]:
    """Every place where the links of the chains of decisions are not those that were written."""
    anchors = _Anchors(list(connection.execute(_ANCHORS)))
    expected = {row.chain: Head(row.seq, row.hash) for row in connection.execute(_ENDS)}
    reached: dict[str, Head] = {}
    for row in connection.execute(_LINKS, execution_options={"yield_per": _AT_ONCE}):
        before = anchors.bridge(row.chain, reached.get(row.chain, _BEGIN))
        yield from _link_flaws(row, before)
        reached[row.chain] = Head(row.seq, row.hash)
    for chain in sorted({*expected, *reached, *anchors.chains}):
        last = anchors.bridge(chain, reached.get(chain, _BEGIN))
        if expected.get(chain) != last:
            yield "audit_heads", chain, _ends(expected.get(chain), last)
    yield from anchors.unused()


def anchor_flaws(connection: Connection) -> Iterator[Found]:
    """Every place where anchors, or what is left of the decisions they stand for, are not as written."""
    before, left = _BEGIN, _digests(connection)
    for row in connection.execute(_ANCHORS):
        name = str(row.number)
        if (row.number, row.prev_hash) != (before.seq + 1, before.hash):
            yield "audit_anchors", name, "does not follow from the anchor before it"
        if anchor_hash(dict(zip(audit_anchors.columns.keys(), row, strict=True))) != row.hash:
            yield "audit_anchors", name, "was changed: its content does not give its hash"
        if left.pop(row.number, None) != (row.rows, row.digest):
            yield "retired_decisions", name, "what is left of its decisions is not what the anchor holds"
        before = Head(row.number, row.hash)
    for number in sorted(left):
        yield "retired_decisions", str(number), "belong to an anchor that is missing"
    if _end_of_anchors(connection) != before:
        yield "audit_heads", ANCHOR_CHAIN, "the anchors' chain does not end where its head says"


def _digests(connection: Connection) -> dict[int, tuple[int, str]]:
    """How many decisions each anchor stands for by what is left of them, and the digest over that."""
    rows = connection.execute(_LEFT, execution_options={"yield_per": _AT_ONCE})
    found = {}
    for number, group in groupby(rows, key=lambda row: row.anchor):
        count, total = 0, sha256()
        for row in group:
            total.update(left_hash({name: getattr(row, name) for name in LEFT}).encode())
            count += 1
        found[number] = (count, total.hexdigest())
    return found


def _end_of_anchors(connection: Connection) -> Head:
    row = connection.execute(select(heads).where(heads.c.chain == ANCHOR_CHAIN)).first()
    return Head(row.seq, row.hash) if row else _BEGIN


def _link_flaws(row: Row[Any], before: Head) -> Iterator[Found]:
    name = f"{row.decision_id} ({row.chain} {row.seq})"
    if row.seq != before.seq + 1:
        yield "policy_evaluations", name, f"follows link {before.seq}: links are missing or moved"
    elif row.prev_hash != before.hash:
        yield "policy_evaluations", name, "does not follow from the link before it"
    if link_hash(dict(zip(_NAMES, row, strict=True))) != row.hash:
        yield "policy_evaluations", name, "was changed: its content does not give its hash"


def _ends(head: Head | None, last: Head) -> str:
    if head is None:
        return "the head is missing"
    if last.seq < head.seq:
        return f"the chain should have {head.seq} links and ends at {last.seq}"
    return f"the head names link {head.seq}, the chain ends at {last.seq} with another hash"
