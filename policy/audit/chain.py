"""The hash chain over evaluations: what makes a change of the record show."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from policy.bulk import Rows, speller
from policy.canonical import digest
from policy.store import insert_new
from policy.tables import audit_heads as heads
from policy.tables import policy_evaluations as evaluations

GENESIS = "0" * 64
LINK = ("chain", "seq", "prev_hash")
_LATER = ("purpose",)
DECIDED = tuple(
    column.name for column in evaluations.columns if column.name not in {"id", *LINK, *_LATER, "hash"}
)
"""The columns that say what was decided; a link is made of these, its place, and the hash before it.

Columns that came later count only where they say something, so that older links keep their hash.
"""

_spelled = speller(evaluations, DECIDED)
_spelled_link = speller(evaluations, DECIDED + LINK)
_HEAD = select(heads.c.seq, heads.c.hash).where(heads.c.chain == bindparam("name")).with_for_update()
_ADVANCE = "ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"


class Head(NamedTuple):
    """How long a chain is and what its last link hashes to."""

    seq: int
    hash: str


class Links(NamedTuple):
    """New links of a chain: the number of the first, their rows, and where the head then stands."""

    first: int
    rows: Rows
    head: Rows


def forge(connection: Connection, chain: str, rows: Sequence[Mapping[str, Any]]) -> Links:
    """Make ``rows``, which hold ``DECIDED``, the next links of ``chain``, whose head stays locked.

    The caller must insert the links and the new head before it commits.
    """
    head = locked_head(connection, chain)
    first, links = head.seq + 1, []
    for row in rows:
        values, later = [*_spelled(row), chain, head.seq + 1, head.hash], [row.get(name) for name in _LATER]
        head = Head(head.seq + 1, hash_of([*values, *_said(later)]))
        links.append([*values, *later, head.hash])
    return Links(first, Rows(evaluations, (*DECIDED, *LINK, *_LATER, "hash"), links), moved(chain, head))


def moved(chain: str, head: Head) -> Rows:
    """The row that moves ``chain`` on to ``head``."""
    return Rows(heads, ("chain", "seq", "hash"), [(chain, head.seq, head.hash)], _ADVANCE)


def link_hash(link: Mapping[str, Any]) -> str:
    """The hash that a recorded link must have by its content."""
    return hash_of([*_spelled_link(link), *_said([link[name] for name in _LATER])])


def _said(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def hash_of(values: Sequence[Any]) -> str:
    """SHA-256 of values as SQLite spells them, each as its length, a colon and its text; ``-`` for none.

    With lengths, no two different links spell alike.
    """
    texts = ["-" if value is None else str(value) for value in values]
    return digest("".join([f"{len(text)}:{text}" for text in texts]))


def locked_head(connection: Connection, chain: str) -> Head:
    """Where ``chain`` stands; nobody else adds to it until this transaction ends."""
    found = connection.execute(_HEAD, {"name": chain}).first()
    if found is None:
        connection.execute(insert_new(connection, heads), [{"chain": chain, "seq": 0, "hash": GENESIS}])
        found = connection.execute(_HEAD, {"name": chain}).one()
    return Head(found.seq, found.hash)
