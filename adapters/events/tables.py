"""The table of what consumers have handled."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table

from policy.columns import Id, UtcTime, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String(64), nullable=False),
    Column("event_id", Id(), nullable=False),
    Column("handled_at", UtcTime(), nullable=False),
    PrimaryKeyConstraint("consumer", "event_id"),
    comment="events that a consumer has handled, each written in the transaction of what it did about it",
    sqlite_with_rowid=False,
)
