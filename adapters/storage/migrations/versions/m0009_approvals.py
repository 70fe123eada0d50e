"""The house's approvals that came in as events, until they have become orders."""

import sqlalchemy as sa
from alembic import op

from policy.columns import Id, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approvals_to_follow",
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("evaluated_at", UtcTime(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_approvals_to_follow"),
        comment="the house's approvals that came in as events and have not become orders yet",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("approvals_to_follow")
