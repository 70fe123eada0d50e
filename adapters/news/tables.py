"""The tables of what a live house heard: items, which symbols they are about, and what was unreadable."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, String, Table

from policy.columns import CanonicalJson, Id, SafeText, UtcTime, metadata

news_items = Table(
    "news_items",
    metadata,
    Column("item_id", String(14), primary_key=True),
    Column("at", UtcTime(), nullable=False),
    Column("received_at", UtcTime(), nullable=False),
    Column("source", SafeText(), nullable=False),
    Column("headline", SafeText(), nullable=False),
    Column("body", SafeText(), nullable=False),
    Column("symbols", CanonicalJson(), nullable=False),
    Column("in_headline", CanonicalJson(), nullable=False),
    comment="append-only: every item of news as it first came, and when; untrusted text",
)

news_mentions = Table(
    "news_mentions",
    metadata,
    Column("symbol", String(32), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("item_id", String(14), nullable=False),
    PrimaryKeyConstraint("symbol", "at", "item_id"),
    comment="which items are about which symbol",
    sqlite_with_rowid=False,
)

news_unread = Table(
    "news_unread",
    metadata,
    Column("unread_id", Id(), primary_key=True),
    Column("received_at", UtcTime(), nullable=False),
    Column("place", SafeText(), nullable=False),
    Column("code", String(16), nullable=False),
    Column("text", SafeText(), nullable=False),
    Column("came", SafeText(), nullable=False),
    Index("ix_news_unread_received_at", "received_at"),
    comment="what came and was no item, once each, cut to a length that can be looked at",
)
