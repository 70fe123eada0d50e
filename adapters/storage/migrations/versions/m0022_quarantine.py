"""What the inspection of quotes and bars did not let in, which levels it holds, and what people accepted."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Exact, RowNumber, SafeText, UtcTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "market_quarantine",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("text", SafeText(), nullable=False),
        sa.Column("against", SafeText(), nullable=True),
        sa.Column("came", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "source", "symbol", "fault", "day", name="pk_market_quarantine"),
        comment="quotes and bars that were not let in, a row for each fault of a symbol a day with the last "
        "that came; symbol is empty where it is none of ours; the oldest rows leave",
    )
    op.create_index("ix_market_quarantine_last_at", "market_quarantine", ["last_at"])
    op.create_table(
        "market_holds",
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("level", Exact(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("against", SafeText(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_market_holds"),
        comment="levels that symbols jumped to and that nobody has explained yet",
    )
    op.create_table(
        "market_acceptances",
        sa.Column("number", RowNumber, autoincrement=True, nullable=False),
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", Exact(), nullable=False),
        sa.Column("against", SafeText(), nullable=False),
        sa.Column("by", SafeText(), nullable=False),
        sa.Column("note", SafeText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_market_acceptances"),
        comment="append-only: who let which level in, and why",
    )


def downgrade() -> None:
    op.drop_table("market_acceptances")
    op.drop_table("market_holds")
    op.drop_table("market_quarantine")
