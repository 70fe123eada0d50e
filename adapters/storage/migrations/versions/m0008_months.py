"""Evaluations and rule hits by month: partitions on Postgres, a month's column and indexes on both."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_EVALUATIONS, _HITS = "policy_evaluations", "policy_rule_hits"
_COMMENTS = {
    _EVALUATIONS: (
        "one decision with everything it was made from; hash-chained; JSON columns are verbatim text"
    ),
    _HITS: "one row per hit, unknown rule or cap of a decision, keyed by its link",
}
_KEYS = {
    _EVALUATIONS: (
        "CONSTRAINT pk_policy_evaluations PRIMARY KEY (id, evaluated_at)",
        "CONSTRAINT uq_policy_evaluations_chain UNIQUE (chain, seq, evaluated_at)",
        "CONSTRAINT uq_policy_evaluations_decision_id UNIQUE (decision_id, evaluated_at)",
    ),
    _HITS: ("CONSTRAINT pk_policy_rule_hits PRIMARY KEY (chain, seq, position, evaluated_at)",),
}
_KEYS_BEFORE = {
    _EVALUATIONS: (
        "CONSTRAINT pk_policy_evaluations PRIMARY KEY (id)",
        "CONSTRAINT uq_policy_evaluations_chain UNIQUE (chain, seq)",
        "CONSTRAINT uq_policy_evaluations_decision_id UNIQUE (decision_id)",
    ),
    _HITS: ("CONSTRAINT pk_policy_rule_hits PRIMARY KEY (chain, seq, position)",),
}
_INDEXES = {
    "ix_policy_evaluations_evaluated_at": ["evaluated_at", "id"],
    "ix_policy_evaluations_symbol": ["symbol", "evaluated_at", "id"],
    "ix_policy_evaluations_verdict": ["verdict", "evaluated_at", "id"],
}
_INDEXES_BEFORE = {
    "ix_policy_evaluations_evaluated_at": ["evaluated_at"],
    "ix_policy_evaluations_symbol": ["symbol"],
}
_BY_MONTH = "PARTITION BY RANGE (evaluated_at)"
_OWNS_NUMBERS = "ALTER SEQUENCE policy_evaluations_id_seq OWNED BY policy_evaluations.id"
_HIT_COLUMNS = "chain, seq, position, decision_id, rule, kind, verdict, size_pct, message"
# A hit without its decision has no time, and the migration stops there: such a log was tampered with.
_WITH_TIME = (
    "SELECT hit.chain, hit.seq, hit.position, hit.decision_id, hit.rule, hit.kind, hit.verdict, "
    "hit.size_pct, hit.message, made.evaluated_at FROM {whole} AS hit "
    "LEFT JOIN policy_evaluations AS made ON made.chain = hit.chain AND made.seq = hit.seq"
)


def upgrade() -> None:
    _drop_indexes(_INDEXES_BEFORE)
    if op.get_bind().dialect.name == "postgresql":
        _part()
    else:
        _rekey_in_sqlite(_KEYS)
        _rebuild_hits_in_sqlite(_KEYS, ", evaluated_at CHAR(27) NOT NULL", _WITH_TIME)
    _make_indexes(_INDEXES)


def downgrade() -> None:
    _drop_indexes(_INDEXES)
    if op.get_bind().dialect.name == "postgresql":
        _join()
    else:
        _rebuild_hits_in_sqlite(_KEYS_BEFORE, "", f"SELECT {_HIT_COLUMNS} FROM {{whole}}")  # noqa: S608
        _rekey_in_sqlite(_KEYS_BEFORE)
    _make_indexes(_INDEXES_BEFORE)


def _part() -> None:
    """Rows move with their numbers; keys follow when all are there."""
    op.execute(f"ALTER TABLE {_EVALUATIONS} RENAME TO evaluations_whole")
    op.execute(f"CREATE TABLE {_EVALUATIONS} (LIKE evaluations_whole INCLUDING DEFAULTS) {_BY_MONTH}")
    _make_partitions(_EVALUATIONS)
    op.execute(f"INSERT INTO {_EVALUATIONS} SELECT * FROM evaluations_whole")  # noqa: S608
    op.execute(f"ALTER TABLE {_HITS} RENAME TO hits_whole")
    time = "evaluated_at timestamp with time zone NOT NULL"
    op.execute(f"CREATE TABLE {_HITS} (LIKE hits_whole INCLUDING DEFAULTS, {time}) {_BY_MONTH}")
    _make_partitions(_HITS)
    op.execute(f"INSERT INTO {_HITS} {_WITH_TIME.format(whole='hits_whole')}")
    _replace_whole(_KEYS)


def _join() -> None:
    op.execute(f"ALTER TABLE {_EVALUATIONS} RENAME TO evaluations_whole")
    op.execute(f"CREATE TABLE {_EVALUATIONS} (LIKE evaluations_whole INCLUDING DEFAULTS)")
    op.execute(f"INSERT INTO {_EVALUATIONS} SELECT * FROM evaluations_whole ORDER BY id")  # noqa: S608
    op.execute(f"ALTER TABLE {_HITS} RENAME TO hits_whole")
    op.execute(f"CREATE TABLE {_HITS} (LIKE hits_whole INCLUDING DEFAULTS)")
    op.execute(f"ALTER TABLE {_HITS} DROP COLUMN evaluated_at")
    op.execute(f"INSERT INTO {_HITS} SELECT {_HIT_COLUMNS} FROM hits_whole")  # noqa: S608
    _replace_whole(_KEYS_BEFORE)


def _replace_whole(keys: dict[str, tuple[str, ...]]) -> None:
    op.execute(_OWNS_NUMBERS)
    op.execute("DROP TABLE evaluations_whole")
    op.execute("DROP TABLE hits_whole")
    for table, constraints in keys.items():
        for constraint in constraints:
            op.execute(f"ALTER TABLE {table} ADD {constraint}")
        op.execute(f"COMMENT ON TABLE {table} IS '{_COMMENTS[table]}'")


def _make_partitions(table: str) -> None:
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    for month in _months():
        after = (month + timedelta(days=31)).replace(day=1)
        values = f"FROM ('{month} 00:00:00+00') TO ('{after} 00:00:00+00')"
        op.execute(f"CREATE TABLE {table}_{month:%Y_%m} PARTITION OF {table} FOR VALUES {values}")


def _months() -> list[date]:
    """The months of the evaluations that are there, UTC."""
    month = "date_trunc('month', evaluated_at AT TIME ZONE 'UTC')::date"
    found = f"SELECT DISTINCT {month} AS month FROM evaluations_whole ORDER BY month"  # noqa: S608
    return list(op.get_bind().scalars(sa.text(found)))


def _rekey_in_sqlite(keys: dict[str, tuple[str, ...]]) -> None:
    """SQLite changes no key in place: the same table under other keys, its number still the row's own."""
    listed = sa.inspect(op.get_bind()).get_columns(_EVALUATIONS)
    names = ", ".join(column["name"] for column in listed)
    columns = [f"{one['name']} {one['type']}{'' if one['nullable'] else ' NOT NULL'}" for one in listed]
    own = "CONSTRAINT pk_policy_evaluations PRIMARY KEY (id)"
    parts = ", ".join([*columns, own, *keys[_EVALUATIONS][1:]])
    op.execute(f"ALTER TABLE {_EVALUATIONS} RENAME TO evaluations_whole")
    op.execute(f"CREATE TABLE {_EVALUATIONS} ({parts})")
    op.execute(f"INSERT INTO {_EVALUATIONS} ({names}) SELECT {names} FROM evaluations_whole")  # noqa: S608
    op.execute("DROP TABLE evaluations_whole")


def _rebuild_hits_in_sqlite(keys: dict[str, tuple[str, ...]], time: str, rows: str) -> None:
    columns = (
        "chain VARCHAR(64) NOT NULL, seq INTEGER NOT NULL, position INTEGER NOT NULL, "
        "decision_id CHAR(36) NOT NULL, rule TEXT NOT NULL, kind VARCHAR(8) NOT NULL, verdict VARCHAR(7), "
        f"size_pct DOUBLE, message TEXT NOT NULL{time}"
    )
    op.execute(f"ALTER TABLE {_HITS} RENAME TO hits_whole")
    op.execute(f"CREATE TABLE {_HITS} ({columns}, {keys[_HITS][0]}) WITHOUT ROWID")
    op.execute(f"INSERT INTO {_HITS} {rows.format(whole='hits_whole')}")
    op.execute("DROP TABLE hits_whole")


def _make_indexes(indexes: dict[str, list[str]]) -> None:
    for name, columns in indexes.items():
        op.create_index(name, _EVALUATIONS, columns, unique=False)


def _drop_indexes(indexes: dict[str, list[str]]) -> None:
    for name in indexes:
        op.drop_index(name, table_name=_EVALUATIONS)
