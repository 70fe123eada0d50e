"""What a played run came to: counts, equity, and one sum over every business fact.

Two runs over the same bars under the same packs have the same sum, whatever the database numbered
its rows and however often the run was interrupted.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from adapters.wiring.journey import Journey
from policy.canonical import canonical
from policy.contracts import EventType
from policy.store import reading
from policy.tables import decided_signals, outbox, policy_evaluations, policy_rule_hits, review_steps, reviews

_FACTS: tuple[tuple[Table, frozenset[str]], ...] = (
    (decided_signals, frozenset()),
    (policy_evaluations, frozenset({"id", "chain", "seq", "prev_hash", "hash", "engine_version"})),
    (policy_rule_hits, frozenset({"chain", "seq"})),
    (reviews, frozenset()),
    (review_steps, frozenset()),
    (outbox, frozenset({"seq", "delivered"})),
)
"""The tables of facts, each with the columns that are the database's own or the audit log's."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers; ``equity`` is a decimal string in dollars."""

    sessions: int
    signals: int
    decisions: dict[str, int]
    reasons: dict[str, int]
    orders: dict[str, int]
    fills: int
    equity: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def summarise(done: Journey) -> Summary:
    """Count what is on record and sum it up."""
    equity = done.house.book.ledger.equity.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    with reading(done.house.store) as connection:
        return Summary(
            sessions=sum(1 for _ in done.house.recording.calendar.between(done.first, done.last)),
            signals=_signals(connection),
            decisions=_decisions(connection),
            reasons=_reasons(connection),
            orders={},
            fills=done.flow.fills,
            equity=str(equity),
            sha256=_sum(connection, done),
        )


def _signals(connection: Connection) -> int:
    kind = EventType.SIGNAL_CREATED.value
    return connection.scalar(select(func.count()).where(outbox.c.type == kind)) or 0


def _decisions(connection: Connection) -> dict[str, int]:
    verdict = policy_evaluations.c.verdict
    found = _pairs(connection, select(verdict, func.count()).group_by(verdict))
    return {word: found.get(word, 0) for word in ("APPROVE", "REVIEW", "REJECT")}


def _reasons(connection: Connection) -> dict[str, int]:
    """How often each rule objected; caps and rules that could not be judged are no objections."""
    rule, objected = policy_rule_hits.c.rule, policy_rule_hits.c.verdict.is_not(None)
    count = func.count()
    return _pairs(connection, select(rule, count).where(objected).group_by(rule).order_by(count.desc(), rule))


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(number) for name, number in connection.execute(query)}


def _sum(connection: Connection, done: Journey) -> str:
    lines = sorted(line for table, left_out in _FACTS for line in _lines(connection, table, left_out))
    lines.append(canonical({"book": done.house.book.to_state(), "fills": done.flow.fills}))
    total = sha256()
    for line in lines:
        total.update(line.encode() + b"\n")
    return total.hexdigest()


def _lines(connection: Connection, table: Table, left_out: frozenset[str]) -> Iterator[str]:
    columns = [column for column in table.columns if column.name not in left_out]
    for row in connection.execute(select(*columns)).mappings():
        yield f"{table.name} {canonical({key: _plain(value) for key, value in row.items()})}"


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | list | dict) else str(value)
