"""Alembic's entry: runs the migrations on the connection it is handed, in its transaction."""

from alembic import context

import policy.tables  # noqa: F401 - the tables of both belong to the metadata
from policy.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
