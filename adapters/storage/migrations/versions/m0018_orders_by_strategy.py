"""Orders are counted by day, symbol and strategy: limits on how many there may be are kept from records."""

import sqlalchemy as sa
from alembic import op

from policy.columns import SafeText

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("strategy", SafeText(), nullable=True))
    op.create_index("ix_orders_created_at", "orders", ["created_at", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_orders_created_at", table_name="orders")
    op.drop_column("orders", "strategy")
