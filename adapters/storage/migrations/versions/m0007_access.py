"""API keys by their digest, and a count of who was refused."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, RowNumber, SafeText, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("roles", CanonicalJson(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", SafeText(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("revoked_by", SafeText(), nullable=True),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_keys"),
        comment="bearer keys: never the secret, only its SHA-256; a revoked key stays on record",
    )
    op.create_table(
        "access_refusals",
        sa.Column("id", RowNumber, autoincrement=True, nullable=False),
        sa.Column("minute", UtcTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("credential", sa.String(length=64), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("route", sa.String(length=128), nullable=False),
        sa.Column("needs", sa.String(length=128), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("times", RowNumber, nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_refusals"),
        comment="every 401 and 403, counted by minute and kind, so that a flood fills no disk",
    )
    op.create_index(
        "uq_access_refusals_minute",
        "access_refusals",
        ["minute", "status", "reason", "credential", "name", "route", "address"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_access_refusals_minute", table_name="access_refusals")
    op.drop_table("access_refusals")
    op.drop_table("api_keys")
