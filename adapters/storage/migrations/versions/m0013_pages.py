"""Every list comes page by page straight from an index: no filter leaves anything to sort."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WIDER = {
    "ix_reviews_status_expires_at": ("reviews", ["status", "expires_at"], "review_id"),
    "ix_orders_signal_id": ("orders", ["signal_id"], "seq"),
    "ix_orders_decision_id": ("orders", ["decision_id"], "seq"),
}
_NEW = {
    "ix_reviews_expires_at": ("reviews", ["expires_at", "review_id"]),
    "ix_orders_shown": ("orders", ["shown", "seq"]),
}


def upgrade() -> None:
    for name, (table, columns, last) in _WIDER.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [*columns, last], unique=False)
    for name, (table, columns) in _NEW.items():
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, (table, _) in _NEW.items():
        op.drop_index(name, table_name=table)
    for name, (table, columns, _) in _WIDER.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, unique=False)
