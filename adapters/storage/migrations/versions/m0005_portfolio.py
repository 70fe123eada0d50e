"""The portfolio: what is held, the book at moments, and the result of sessions."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Exact, Id, SafeText, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pnl_history",
        sa.Column("session", sa.Date(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("opened_with", Exact(), nullable=False),
        sa.Column("closed_with", Exact(), nullable=False),
        sa.Column("lowest_equity", Exact(), nullable=False),
        sa.Column("realised", Exact(), nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("max_drawdown_pct", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("session", name="pk_pnl_history"),
        sa.UniqueConstraint("closed_at", name="uq_pnl_history_closed_at"),
        comment="the result of each session in dollars; opened_with is the equity at its opening quotes",
    )
    op.create_table(
        "portfolio_snapshots",
        sa.Column("snapshot_id", Id(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("session", sa.Date(), nullable=True),
        sa.Column("starting_cash", Exact(), nullable=False),
        sa.Column("cash", Exact(), nullable=False),
        sa.Column("market_value", Exact(), nullable=False),
        sa.Column("gross_exposure", Exact(), nullable=False),
        sa.Column("realised", Exact(), nullable=False),
        sa.Column("unrealised", Exact(), nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("session_open_equity", Exact(), nullable=False),
        sa.Column("session_low", Exact(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_portfolio_snapshots"),
        sa.UniqueConstraint("as_of", name="uq_portfolio_snapshots_as_of"),
        comment="the book in numbers at one moment, dollars; written once",
    )
    op.create_table(
        "positions",
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("qty", Exact(), nullable=False),
        sa.Column("cost", Exact(), nullable=False),
        sa.Column("mark", Exact(), nullable=False),
        sa.Column("realised", Exact(), nullable=False),
        sa.Column("fees", Exact(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_positions"),
        comment="every symbol that was ever traded, as of the last snapshot; follows from fills and quotes",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("positions")
    op.drop_table("portfolio_snapshots")
    op.drop_table("pnl_history")
