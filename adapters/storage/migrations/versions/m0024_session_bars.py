"""Sessions under way: their minutes, holes in them, and the bars that have closed."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Exact, SafeText, UtcTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_minutes",
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("open", Exact(), nullable=False),
        sa.Column("high", Exact(), nullable=False),
        sa.Column("low", Exact(), nullable=False),
        sa.Column("close", Exact(), nullable=False),
        sa.Column("volume", sa.BigInteger(), nullable=False),
        sa.Column("source", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("session", "symbol", "opened_at", name="pk_session_minutes"),
        comment="minutes as traded of the last sessions, from which their bars are built",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_holes",
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("reason", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_session_holes"),
        comment="sessions that lack minutes: their bars are not built, they are asked for afterwards",
    )
    op.create_table(
        "closed_bars",
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("open", Exact(), nullable=False),
        sa.Column("high", Exact(), nullable=False),
        sa.Column("low", Exact(), nullable=False),
        sa.Column("close", Exact(), nullable=False),
        sa.Column("volume", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session", "symbol", name="pk_closed_bars"),
        comment="bars as traded that closed here, each once; filed: it is among the bars in Parquet, too",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("closed_bars")
    op.drop_table("session_holes")
    op.drop_table("session_minutes")
