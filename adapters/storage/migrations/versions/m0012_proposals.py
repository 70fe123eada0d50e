"""Changes of the shelf that wait for a second person."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Id, RowNumber, SafeText, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pack_proposals",
        sa.Column("proposal_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("sets", CanonicalJson(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("shelf", RowNumber, nullable=False),
        sa.Column("changes", CanonicalJson(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
        sa.Column("proposed_by", SafeText(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("confirmed_by", SafeText(), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_pack_proposals"),
        comment="what loosens and waits for a second person; shelf is the activation it follows",
    )
    op.create_index("ix_pack_proposals_proposed_at", "pack_proposals", ["proposed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_pack_proposals_proposed_at", table_name="pack_proposals")
    op.drop_table("pack_proposals")
