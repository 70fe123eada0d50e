"""Stops in execution: how each was obeyed, what watchers have tripped for, and drills.

What was frozen as ``*`` becomes what it meant: a stop over everything, which a person re-arms.
"""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Exact, RowNumber, SafeText, UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TOLD = """
INSERT INTO stop_events (scope, act, state, exits, cause, "by", note, at)
SELECT 'everything', 'tripped', 'HALTED', true, 'gate-passed-by', 'execution', why, since
FROM frozen_symbols WHERE symbol = '*'
"""
_STANDS = """
INSERT INTO stops (scope, state, exits, cause, "by", note, at, number)
SELECT scope, state, exits, cause, "by", note, at, number FROM stop_events
WHERE number = (SELECT max(number) FROM stop_events)
AND EXISTS (SELECT 1 FROM frozen_symbols WHERE symbol = '*')
ON CONFLICT DO NOTHING
"""
_MILDER = """
DELETE FROM stops WHERE scope = 'everything' AND state <> 'HALTED'
AND EXISTS (SELECT 1 FROM frozen_symbols WHERE symbol = '*')
"""


def upgrade() -> None:
    op.create_table(
        "stop_obedience",
        sa.Column("number", RowNumber, autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("noticed_at", UtcTime(), nullable=False),
        sa.Column("quiet_at", UtcTime(), nullable=True),
        sa.Column("cancelled", CanonicalJson(), nullable=False),
        sa.Column("began", UtcTime(), nullable=False),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_stop_obedience"),
        comment="what execution did about each trip, by its event; began and ended are real times",
    )
    op.create_table(
        "watch_marks",
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("measure", Exact(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("cause", "scope", name="pk_watch_marks"),
        comment="the worst that each watcher has tripped for: who re-arms is not overruled by the same",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stop_drills",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("result", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_stop_drills"),
        comment="append-only: every drill of the stops, with its whole table and the sha256 over that",
    )
    for statement in (_TOLD, _MILDER, _STANDS, "DELETE FROM frozen_symbols WHERE symbol = '*'"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("stop_drills")
    op.drop_table("watch_marks")
    op.drop_table("stop_obedience")
