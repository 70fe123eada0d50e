"""What consumers have handled; the outbox rings for its relay.

The bell rings (NOTIFY) only while the relay sleeps, which it shows by an advisory lock: a transaction that
notifies commits alone, one after the other, and busy writers must not pay for that. Whoever inserts holds
the same lock shared until it commits, so the relay cannot fall asleep beside a row it has not seen.
"""

import sqlalchemy as sa
from alembic import op

from policy.columns import Id, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DOZING = 0x7472_7A7A
_BELL = f"""
CREATE FUNCTION ring_the_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared({_DOZING}) THEN
        PERFORM pg_notify('trivet_outbox', '');
    END IF;
    RETURN NULL;
END $$
"""
_HANG = (
    "CREATE TRIGGER outbox_rings AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION ring_the_relay()"
)


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("handled_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="pk_inbox"),
        comment="events that a consumer has handled, each written in the transaction of what it did about it",
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_BELL)
        op.execute(_HANG)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER outbox_rings ON outbox")
        op.execute("DROP FUNCTION ring_the_relay()")
    op.drop_table("inbox")
