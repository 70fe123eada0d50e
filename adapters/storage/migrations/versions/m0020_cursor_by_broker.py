"""How far a broker was heard is kept under that broker's name; until now there was the paper broker alone."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE broker_cursor SET broker = 'paper' WHERE broker = 'main'")


def downgrade() -> None:
    op.execute("DELETE FROM broker_cursor WHERE broker <> 'paper'")
    op.execute("UPDATE broker_cursor SET broker = 'main' WHERE broker = 'paper'")
