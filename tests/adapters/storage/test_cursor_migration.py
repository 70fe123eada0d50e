"""A store of before there were two brokers goes on hearing the paper broker where it was."""

import pytest
from alembic import command
from sqlalchemy import select

from adapters.execution.tables import broker_cursor
from adapters.storage.database import open_store
from adapters.storage.migrate import alembic_config
from policy.store import reading, writing


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url"])
def test_what_was_heard_of_the_paper_broker_is_not_heard_again(url, request):
    store = open_store(request.getfixturevalue(url))
    with writing(store) as connection:
        command.downgrade(alembic_config(connection), "0019")
    with writing(store) as connection:
        connection.execute(broker_cursor.insert(), [{"broker": "main", "number": 7}])
    with writing(store) as connection:
        command.upgrade(alembic_config(connection), "head")
    assert cursors(store) == [("paper", 7)]
    with writing(store) as connection:
        connection.execute(broker_cursor.insert(), [{"broker": "alpaca", "number": 3}])
    with writing(store) as connection:
        command.downgrade(alembic_config(connection), "0019")
    assert cursors(store) == [("main", 7)]
    store.dispose()


def cursors(store):
    with reading(store) as connection:
        return [tuple(row) for row in connection.execute(select(broker_cursor))]
