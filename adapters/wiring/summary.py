"""What a played run came to: counts, equity, and one sum over every business fact.

Two runs over the same bars under the same packs have the same sum, whatever the database numbered
its rows and however often the run was interrupted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, select

from adapters.execution.reconciliation.tables import explained_differences, repairs
from adapters.execution.stopping.tables import stop_obedience, watch_marks
from adapters.execution.tables import (
    execution_alerts,
    execution_events,
    fills,
    frozen_symbols,
    holdings,
    idempotency_keys,
    orders,
)
from adapters.market.calendar import TradingCalendar
from adapters.portfolio.account_state import account_from_state
from adapters.portfolio.tables import pnl_history, portfolio_snapshots, positions
from adapters.storage.checkpoints import HOUSE, PLAYER, PORTFOLIO, load
from adapters.wiring.journey import Journey
from adapters.wiring.refusal import Refused
from policy.canonical import canonical
from policy.contracts import EventType
from policy.memo_tables import reasoning_memos
from policy.order_contracts import OrderState
from policy.retention.tables import retired_decisions
from policy.rollout.tables import rollout_phases
from policy.stops.tables import stop_events, stops
from policy.store import reading
from policy.tables import (
    decided_signals,
    outbox,
    permits,
    policy_evaluations,
    policy_rule_hits,
    review_steps,
    reviews,
)

_FACTS: tuple[tuple[Table, frozenset[str]], ...] = (
    (decided_signals, frozenset()),
    (policy_evaluations, frozenset({"id", "chain", "seq", "prev_hash", "hash", "engine_version"})),
    (policy_rule_hits, frozenset({"chain", "seq", "evaluated_at"})),
    (reasoning_memos, frozenset({"attempts", "seconds"})),  # attempts tell times; the digest holds the rest
    (reviews, frozenset()),
    (review_steps, frozenset()),
    (outbox, frozenset({"seq", "delivered"})),
    (permits, frozenset({"chain", "seq", "prev_hash", "hash"})),
    (orders, frozenset({"seq"})),
    (execution_events, frozenset()),
    (fills, frozenset({"seq"})),
    (holdings, frozenset()),
    (execution_alerts, frozenset({"id"})),
    (frozen_symbols, frozenset()),
    (repairs, frozenset({"number"})),
    (explained_differences, frozenset()),
    (idempotency_keys, frozenset()),
    (portfolio_snapshots, frozenset()),
    (rollout_phases, frozenset({"id"})),
    (stops, frozenset({"number"})),
    (stop_events, frozenset({"number"})),
    (stop_obedience, frozenset({"number", "began", "ended"})),
    (watch_marks, frozenset()),
    (pnl_history, frozenset()),
    (positions, frozenset()),
)
"""The tables of facts, each with the columns that are the database's, the audit log's, or of real time."""


_BY_STATE = select(orders.c.shown, func.count()).group_by(orders.c.shown).order_by(orders.c.shown)
_PARTS = select(func.count(execution_events.c.order_id.distinct())).where(
    execution_events.c.to_state == OrderState.PARTIALLY_FILLED.value
)
_RETIRED = select(func.count()).select_from(retired_decisions)
_FILLS = select(func.count()).select_from(fills).where(fills.c.kind == "fill")


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers; ``equity`` is a decimal string in dollars.

    ``orders`` counts by the state they ended in; ``partly_filled`` those that were filled in more than one
    part, or only in part.
    """

    sessions: int
    signals: int
    decisions: dict[str, int]
    reasons: dict[str, int]
    orders: dict[str, int]
    partly_filled: int
    fills: int
    equity: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands beside its tables: how many sessions it has had, and the portfolio's state."""

    sessions: int
    portfolio: Mapping[str, Any]


def standing_of(done: Journey) -> Standing:
    """Where a run in this process stands."""
    sessions = sum(1 for _ in done.house.recording.calendar.between(done.first, done.last))
    return Standing(sessions, done.house.portfolio.to_state())


def standing_on_record(store: Engine, calendar: TradingCalendar) -> Standing:
    """Where the run in ``store`` stands, of one process or of many: the sessions that it has begun.

    Raises ``Refused`` where nothing was ever played, and where retention has dropped some of it: what is
    left would give the sum of another run.
    """
    with reading(store) as connection:
        if retired := _count(connection, _RETIRED):
            raise Refused(f"{retired} decisions have left this log, so it has no sum; take a backup's")
    house = load(store, HOUSE)
    run, portfolio = house or load(store, PLAYER), house or load(store, PORTFOLIO)
    if run is None or portfolio is None:
        raise Refused("nothing was played in this store; see TRIVET_DATABASE_URL and TRIVET_HOME")
    if run.is_live:
        raise Refused(
            "this store is a live house's: nothing was played in it, and its sum would be of no run"
        )
    first = date.fromisoformat(run.state["plan"]["from"])
    sessions = sum(1 for one in calendar.between(first, run.at.date()) if one.opens <= run.at)
    return Standing(sessions, portfolio.state["portfolio"])


def summarise(store: Engine, standing: Standing) -> Summary:
    """Count what is on record in ``store`` and sum it up."""
    equity = account_from_state(standing.portfolio).equity.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    with reading(store) as connection:
        return Summary(
            sessions=standing.sessions,
            signals=_signals(connection),
            decisions=_decisions(connection),
            reasons=_reasons(connection),
            orders=_pairs(connection, _BY_STATE),
            partly_filled=_count(connection, _PARTS),
            fills=_count(connection, _FILLS),
            equity=str(equity),
            sha256=_sum(connection, standing.portfolio),
        )


def _signals(connection: Connection) -> int:
    kind = EventType.SIGNAL_CREATED.value
    return _count(connection, select(func.count()).where(outbox.c.type == kind))


def _decisions(connection: Connection) -> dict[str, int]:
    verdict = policy_evaluations.c.verdict
    decided = policy_evaluations.c.purpose.is_(None)
    found = _pairs(connection, select(verdict, func.count()).where(decided).group_by(verdict))
    return {word: found.get(word, 0) for word in ("APPROVE", "REVIEW", "REJECT")}


def _reasons(connection: Connection) -> dict[str, int]:
    """How often each rule objected; caps and rules that could not be judged are no objections."""
    rule, count = policy_rule_hits.c.rule, func.count()
    decided = policy_evaluations.c.decision_id == policy_rule_hits.c.decision_id
    both = policy_rule_hits.join(policy_evaluations, decided)
    objected = (policy_rule_hits.c.verdict.is_not(None), policy_evaluations.c.purpose.is_(None))
    query = select(rule, count).select_from(both).where(*objected).group_by(rule)
    return _pairs(connection, query.order_by(count.desc(), rule))


def _count(connection: Connection, query: Select[Any]) -> int:
    return connection.scalar(query) or 0


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(number) for name, number in connection.execute(query)}


def _sum(connection: Connection, portfolio: Mapping[str, Any]) -> str:
    lines = sorted(line for table, left_out in _FACTS for line in _lines(connection, table, left_out))
    numberless = {**portfolio, "applied": None}  # the number is the database's
    lines.append(canonical({"portfolio": numberless}))
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
