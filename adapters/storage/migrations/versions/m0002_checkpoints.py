"""Where a played run stands, so that an interrupted one goes on."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("state", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_checkpoints"),
        comment="the last settled step of each played run, with everything needed to go on from it",
    )


def downgrade() -> None:
    op.drop_table("checkpoints")
