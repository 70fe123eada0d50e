"""News that a live house heard: items, the symbols they are about, and what could not be read."""

import sqlalchemy as sa
from alembic import op

from policy.columns import CanonicalJson, Id, SafeText, UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "news_items",
        sa.Column("item_id", sa.String(length=14), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("source", SafeText(), nullable=False),
        sa.Column("headline", SafeText(), nullable=False),
        sa.Column("body", SafeText(), nullable=False),
        sa.Column("symbols", CanonicalJson(), nullable=False),
        sa.Column("in_headline", CanonicalJson(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_news_items"),
        comment="append-only: every item of news as it first came, and when; untrusted text",
    )
    op.create_table(
        "news_mentions",
        sa.Column("symbol", sa.String(length=32), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("item_id", sa.String(length=14), nullable=False),
        sa.PrimaryKeyConstraint("symbol", "at", "item_id", name="pk_news_mentions"),
        comment="which items are about which symbol",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "news_unread",
        sa.Column("unread_id", Id(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("place", SafeText(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("text", SafeText(), nullable=False),
        sa.Column("came", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("unread_id", name="pk_news_unread"),
        comment="what came and was no item, once each, cut to a length that can be looked at",
    )
    op.create_index("ix_news_unread_received_at", "news_unread", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_news_unread_received_at", table_name="news_unread")
    op.drop_table("news_unread")
    op.drop_table("news_mentions")
    op.drop_table("news_items")
