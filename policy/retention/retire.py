"""Retention: whole months of old decisions leave the log, and what is still needed is kept aside first.

Each month goes in a transaction of its own: its links are checked, those of open orders and pending
reviews are copied aside, anchors take the place of the others in their chains, and the month is dropped.
Memos leave with the last evaluation of their signal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, func, insert, literal, select
from sqlalchemy.exc import OperationalError

from policy.contracts import ReviewStatus
from policy.decisions import last_evaluation
from policy.memo_tables import reasoning_memos
from policy.retention import anchors, months
from policy.retention.anchors import LEFT, Run, runs_of
from policy.retention.tables import kept_evaluations, kept_rule_hits, retired_decisions
from policy.store import reading, writing
from policy.tables import policy_evaluations, policy_rule_hits, reviews, shadow_judgements

_KEPT = "kept"
_AT_ONCE = 500
_EVER = datetime(1, 1, 1, tzinfo=UTC)
_WAITING = select(reviews.c.signal_id).where(reviews.c.status == ReviewStatus.PENDING.value)


class LogBusy(Exception):
    """Somebody reads the log, or drops months of it, for so long that a month could not be dropped."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Drop what was decided before ``before``, but for the signals ``held``."""

    before: datetime
    held: frozenset[UUID]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Retired:
    """What left the log, or would: evaluations and shadow judgements dropped, evaluations kept aside.

    ``part`` is a month, ``2012-06``, or ``kept`` for what had been kept aside and is needed no more.
    """

    part: str
    dropped: int
    kept: int
    shadows: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What is retired at once: rows evaluated from ``begins`` until ``ends``; no ``month``: kept ones."""

    month: date | None
    evaluations: Table
    hits: Table
    begins: datetime
    ends: datetime

    @property
    def name(self) -> str:
        """What the part is called."""
        return f"{self.month:%Y-%m}" if self.month else _KEPT

    def rows(self, table: Table) -> ColumnElement[bool]:
        """Those of ``table`` that belong to the part."""
        return and_(table.c.evaluated_at >= self.begins, table.c.evaluated_at < self.ends)

    def shadows(self) -> ColumnElement[bool]:
        """Judgements of packs in shadow that go with the part."""
        at = shadow_judgements.c.at
        return and_(at >= self.begins, at < self.ends, literal(self.month is not None))


def limit(store: Engine, now: datetime, span: timedelta) -> datetime | None:
    """The time before which decisions are old: ``span`` before the last one on record, or before ``now``
    where that is earlier; None where nothing was ever decided.

    A played log lies in the time of its bars, and one that stands idle does not melt away.
    """
    with reading(store) as connection:
        last = last_evaluation(connection)
    return None if last is None else min(last, now) - span


def held_by_reviews(connection: Connection) -> set[UUID]:
    """Signals whose review waits for a person."""
    return set(connection.scalars(_WAITING))


def foresee(store: Engine, plan: Plan) -> list[Retired]:
    """What ``retire`` would do now; nothing is written. Raises ``LogDamaged`` as it would."""
    with reading(store) as connection:
        return _told(
            (part, *_sorted_out(connection, part, plan), _shadows(connection, part))
            for part in _parts(connection, plan)
        )


def retire(store: Engine, plan: Plan) -> list[Retired]:
    """Drop every whole month that ended at or before ``plan.before``, then what was kept and need not be.

    Raises ``LogDamaged`` where a month is not as it was written and ``LogBusy`` where somebody else holds
    the log; months that went before that stay retired, and everything else is as it was.
    """
    try:
        with writing(store) as connection:
            months.settle(connection)
        with reading(store) as connection:
            parts = _parts(connection, plan)
        return _told((part, *_retire(store, part, plan)) for part in parts)
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        raise LogBusy("somebody else holds the log; run `trivet retention` again after that") from error


def _parts(connection: Connection, plan: Plan) -> list[_Part]:
    by_month = [_part(one) for one in months.on_record(connection)]
    old = [part for part in by_month if part.ends <= plan.before]
    return [*old, _Part(None, kept_evaluations, kept_rule_hits, _EVER, plan.before)]


def _part(month: date) -> _Part:
    begins, ends = months.begin_of(month), months.begin_of(months.following(month))
    return _Part(month, policy_evaluations, policy_rule_hits, begins, ends)


def _told(retired: Iterable[tuple[_Part, Sequence[Run], Sequence[UUID], int]]) -> list[Retired]:
    told = [
        Retired(part.name, sum(run.rows for run in runs), len(kept), shadows)
        for part, runs, kept, shadows in retired
    ]
    return [one for one in told if one.part != _KEPT or one.dropped]


def _sorted_out(connection: Connection, part: _Part, plan: Plan) -> tuple[list[Run], list[UUID]]:
    """The runs of links that go, and the decisions that stay."""
    table = part.evaluations
    query = select(table).where(part.rows(table)).order_by(table.c.chain, table.c.seq)
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as links:
        return runs_of(links, plan.held)


def _shadows(connection: Connection, part: _Part) -> int:
    return connection.scalar(select(func.count()).select_from(shadow_judgements).where(part.shadows())) or 0


def _retire(store: Engine, part: _Part, plan: Plan) -> tuple[list[Run], list[UUID], int]:
    with writing(store) as connection:
        anchors.wait_for_others(connection)
        if part.month is not None:
            if part.month not in months.on_record(connection):
                return [], [], 0
            months.close(connection, part.month)
        runs, kept = _sorted_out(connection, part, plan)
        for number, run in anchors.add(connection, runs, plan.at, plan.by):
            _leave(connection, part, number, run)
        shadows = connection.execute(delete(shadow_judgements).where(part.shadows())).rowcount
        if part.month is None:
            _let_go(connection, runs)
        else:
            _keep(connection, kept)
            months.drop(connection, part.month)
        connection.execute(delete(reasoning_memos).where(_memos_of_nothing(part)))
    return runs, kept, shadows


def _memos_of_nothing(part: _Part) -> ColumnElement[bool]:
    """Memos from before the end of ``part`` on signals of which no evaluation is left.

    The signals are subtracted as sets: NOT IN would look through all evaluations for each memo, once there
    are more of them than Postgres hashes.
    """
    is_old = reasoning_memos.c.asked_at < part.ends
    left = (select(log.c.signal_id) for log in (policy_evaluations, kept_evaluations))
    return and_(
        is_old,
        reasoning_memos.c.signal_id.in_(select(reasoning_memos.c.signal_id).where(is_old).except_(*left)),
    )


def _leave(connection: Connection, part: _Part, anchor: int, run: Run) -> None:
    """Write what is left of the decisions of ``run``."""
    table = part.evaluations
    links = and_(table.c.chain == run.chain, table.c.seq.between(run.first_seq, run.last_seq))
    left = select(literal(anchor), *(table.c[name] for name in LEFT)).where(part.rows(table), links)
    connection.execute(insert(retired_decisions).from_select(["anchor", *LEFT], left))


def _keep(connection: Connection, kept: Sequence[UUID]) -> None:
    """Copy the evaluations ``kept`` and their rule hits aside, as they are."""
    for start in range(0, len(kept), _AT_ONCE):
        some = kept[start : start + _AT_ONCE]
        for source, target in ((policy_evaluations, kept_evaluations), (policy_rule_hits, kept_rule_hits)):
            rows = select(source).where(source.c.decision_id.in_(some))
            connection.execute(insert(target).from_select(source.columns.keys(), rows))


def _let_go(connection: Connection, runs: Sequence[Run]) -> None:
    for run in runs:
        for table in (kept_rule_hits, kept_evaluations):
            links = table.c.seq.between(run.first_seq, run.last_seq)
            connection.execute(delete(table).where(table.c.chain == run.chain, links))
