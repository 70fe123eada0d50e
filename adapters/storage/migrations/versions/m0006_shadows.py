"""What an activation changed and who confirmed it; what shadow packs would have said."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Id, SafeText, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pack_activations", sa.Column("difference", CanonicalJson(), nullable=True))
    op.add_column("pack_activations", sa.Column("confirmed_by", SafeText(), nullable=True))
    op.create_table(
        "shadow_judgements",
        sa.Column("decision_id", Id(), nullable=False),
        sa.Column("pack", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("pack_set", sa.String(length=8), nullable=False),
        sa.Column("symbol", SafeText(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("active_verdict", sa.String(length=7), nullable=False),
        sa.Column("active_size_pct", sa.Double(), nullable=False),
        sa.Column("active_rules", CanonicalJson(), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=True),
        sa.Column("size_pct", sa.Double(), nullable=True),
        sa.Column("rules", CanonicalJson(), nullable=True),
        sa.Column("error", SafeText(), nullable=True),
        sa.PrimaryKeyConstraint("decision_id", "pack", name="pk_shadow_judgements"),
        comment="what a pack in shadow would have made of a decision, or why it could not be asked",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shadow_judgements_pack", "shadow_judgements", ["pack", "version"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_shadow_judgements_pack", table_name="shadow_judgements")
    op.drop_table("shadow_judgements")
    op.drop_column("pack_activations", "confirmed_by")
    op.drop_column("pack_activations", "difference")
