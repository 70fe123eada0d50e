"""Alembic's entry: runs the migrations on the connection it is handed, in its transaction."""

from alembic import context

import adapters.brokers.alpaca.tables
import adapters.brokers.paper.tables
import adapters.events.tables
import adapters.execution.reconciliation.tables
import adapters.execution.stopping.tables
import adapters.execution.tables
import adapters.market.closing.tables
import adapters.market.inspection.tables
import adapters.news.tables
import adapters.portfolio.tables  # noqa: F401 - every service's tables belong to the metadata
import policy.access.tables
import policy.memo_tables
import policy.retention.tables
import policy.rollout.tables
import policy.stops.tables
import policy.tables  # noqa: F401
from policy.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
