"""Alembic's entry: runs the migrations on the connection it is handed, in its transaction."""

from alembic import context

from adapters.storage.checkpoints import checkpoints as _checkpoints_are_known  # noqa: F401
from policy.columns import metadata
from policy.tables import policy_evaluations as _policy_tables_are_known  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
