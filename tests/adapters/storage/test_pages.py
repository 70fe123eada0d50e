"""Every list comes straight from an index, whatever it is narrowed by: nothing is sorted, no table walked."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, text, update

from adapters.execution import store as orders
from adapters.portfolio import store as portfolio
from adapters.storage.database import open_store
from policy import decisions, review_rows
from policy.contracts import ReviewStatus
from policy.retention.months import Months
from policy.store import reading, writing
from policy.tables import policy_evaluations
from tests.policy.parts import build_house, proposal

NOON = datetime(2012, 6, 1, 16, tzinfo=UTC)
MIDDLE = UUID(int=10_000)
List = Callable[[Connection], Any]


def decided(**narrowed: Any) -> List:
    filters = {"symbol": None, "decision": None, "since": None, "before": None, **narrowed}
    return lambda connection: decisions.newest_first(connection, **filters, limit=51)


def waiting(status: ReviewStatus | None, after: UUID | None = None) -> List:
    return lambda connection: review_rows.listed(connection, status=status, now=NOON, after=after, limit=51)


def ordered(**narrowed: Any) -> List:
    return lambda connection: orders.newest_first(
        connection, **{"shown": None, "before": None, **narrowed}, limit=51
    )


LISTS: dict[str, List] = {
    "decisions": decided(),
    "decisions of a symbol": decided(symbol="S7"),
    "decisions of a verdict": decided(decision="REVIEW"),
    "decisions since": decided(since=NOON + timedelta(days=50)),
    "decisions of a symbol and verdict": decided(symbol="S7", decision="REJECT"),
    "decisions going on": decided(before=MIDDLE),
    "decisions of a symbol going on": decided(symbol="S7", before=MIDDLE),
    "reviews": waiting(None),
    "reviews going on": waiting(None, MIDDLE),
    "reviews pending": waiting(ReviewStatus.PENDING),
    "reviews pending, going on": waiting(ReviewStatus.PENDING, MIDDLE),
    "reviews answered": waiting(ReviewStatus.APPROVED),
    "reviews answered, going on": waiting(ReviewStatus.APPROVED, MIDDLE),
    "orders": ordered(),
    "orders going on": ordered(before=900),
    "orders in a state": ordered(shown="ACCEPTED"),
    "orders of a symbol": ordered(symbol="S7", before=900),
    "orders of a signal": ordered(signal_id=MIDDLE),
    "orders of a decision": ordered(decision_id=MIDDLE),
    "snapshots": lambda connection: portfolio.snapshots(connection, None, 51),
    "snapshots going on": lambda connection: portfolio.snapshots(connection, NOON, 51),
    "sessions going on": lambda connection: portfolio.sessions(connection, NOON, 51),
}

FILLED = """
INSERT INTO policy_evaluations (decision_id, signal_id, source, symbol, candidate_action, verdict,
    evaluated_at, proposal, facts, facts_source, outcome, packs, engine_version, chain, seq, prev_hash, hash)
SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'callers', 'S' || n % 20, 'BUY',
    (ARRAY['APPROVE', 'REJECT', 'REVIEW'])[1 + n % 3],
    '2012-06-01 16:00:00+00'::timestamptz + n * interval '5 minutes',
    '{}', '{}', '{}', '{}', '[]', '1', 'main', n, 'x', 'x' FROM generate_series(1, 20000) AS n;

INSERT INTO reviews (review_id, decision_id, signal_id, symbol, candidate_action, status, reasons, created_at,
    expires_at)
SELECT decision_id, decision_id, signal_id, symbol, 'BUY',
    (ARRAY['PENDING', 'APPROVED', 'REJECTED', 'EXPIRED'])[1 + seq % 4], '[]', evaluated_at, evaluated_at
FROM policy_evaluations;

INSERT INTO orders (order_id, client_order_id, signal_id, decision_id, symbol, state, shown, working, record,
    events, created_at, updated_at)
SELECT decision_id, decision_id, signal_id, decision_id, symbol, 'FILLED',
    CASE WHEN seq % 100 = 0 THEN 'ACCEPTED' ELSE 'FILLED' END, false, '{}', 1, evaluated_at, evaluated_at
FROM policy_evaluations;

INSERT INTO portfolio_snapshots
SELECT decision_id, evaluated_at, 'step', NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM policy_evaluations;

INSERT INTO pnl_history
SELECT '1990-01-01'::date + seq::int, evaluated_at, 1, 1, 1, 1, 1, 0.1 FROM policy_evaluations;

ANALYZE;
"""


def asked(store: Engine, ask: List) -> tuple[str, Any]:
    """The last statement that ``ask`` sends, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(store, "before_cursor_execute", note)
    try:
        with reading(store) as connection:
            ask(connection)
    except (
        KeyError,
        ValueError,
    ):  # rows made up for their number tell nothing; the statement went out before
        pass
    finally:
        event.remove(store, "before_cursor_execute", note)
    return sent[-1]


@pytest.fixture(scope="module")
def filled(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A Postgres with 20,000 rows of everything that is listed, three months of it."""
    from tests.conftest import _address, _admin

    name = f"{postgres_template}_pages"
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}" STRATEGY FILE_COPY')
    store = open_store(_address(name))
    for days in (0, 62):
        Months(store).reach(NOON + timedelta(days=days))
    with writing(store) as connection:
        connection.exec_driver_sql(FILLED.replace("%", "%%"))
    yield store
    store.dispose()
    _admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An SQLite store with the one decision to go on from: its plans do not depend on numbers of rows."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'trivet.db'}")
    build_house(store).service.evaluation.evaluate_batch([proposal(1)])
    with writing(store) as connection:
        connection.execute(update(policy_evaluations).values(decision_id=MIDDLE))
    yield store
    store.dispose()


@pytest.mark.parametrize("name", LISTS)
def test_postgres_reads_a_page_from_an_index(filled: Engine, name: str) -> None:
    statement, parameters = asked(filled, LISTS[name])
    with reading(filled) as connection:
        told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
        empty = set(
            connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < 1"))
        )
    plan = told if isinstance(told, list) else json.loads(told or "")
    slow = [node for node in _nodes(plan[0]["Plan"]) if node["Node Type"] in {"Seq Scan", "Sort"}]
    assert [node for node in slow if not _relations(node) <= empty] == [], plan


@pytest.mark.parametrize("name", LISTS)
def test_sqlite_reads_a_page_from_an_index(sqlite_store: Engine, name: str) -> None:
    statement, parameters = asked(sqlite_store, LISTS[name])
    with reading(sqlite_store) as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    steps = [row[-1] for row in plan]
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    walked = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
    assert walked == (["SCAN orders"] if name == "orders" else []), "orders are numbered in their own order"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _relations(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in _nodes(plan) if "Relation Name" in node}
