"""Stores for the broker's tests: each on a fresh SQLite file, the essentials on Postgres too."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.storage.database import connect, open_store
from tests.adapters.brokers.trading import Pit, quote


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with all tables and no rows, to copy for each test."""
    file = tmp_path_factory.mktemp("paper") / "migrated.db"
    opened = open_store(f"sqlite:///{file}")
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.dispose()
    return file


@pytest.fixture
def make_store(migrated_file: Path, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes a new, empty SQLite store whenever it is called."""
    opened: list[Engine] = []
    numbers = count()

    def make() -> Engine:
        file = shutil.copy(migrated_file, tmp_path / f"store-{next(numbers)}.db")
        opened.append(connect(f"sqlite:///{file}"))
        return opened[-1]

    yield make
    for one in opened:
        one.dispose()


@pytest.fixture
def store(make_store: Callable[[], Engine]) -> Engine:
    return make_store()


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Engine]:
    opened = open_store(postgres_url)
    yield opened
    opened.dispose()


@pytest.fixture
def pit(store: Engine) -> Pit:
    """A broker on Monday after the opening quotes: IBM at 99.90 to 100.00."""
    opened = Pit(store)
    opened.step("open", quote())
    return opened
