"""Houses for the tests of execution: on SQLite, on both databases where the store matters, over HTTP."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from adapters.execution import api as orders_api
from adapters.execution.reconciliation import api as reconciliation_api
from adapters.storage.database import connect, open_store
from policy.api import create_app
from tests.adapters.execution.parts import TradingHouse
from tests.policy.parts import Texts, serving

MakeHouse = Callable[..., TradingHouse]
Serve = Callable[[TradingHouse], httpx.Client]


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with all tables and no rows, to copy for each test."""
    file = tmp_path_factory.mktemp("orders") / "migrated.db"
    opened = open_store(f"sqlite:///{file}")
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.dispose()
    return file


@pytest.fixture
def make_house(migrated_store: Path, tmp_path: Path) -> Iterator[MakeHouse]:
    """Makes a house on a new SQLite store whenever it is called, under the rules it is given."""
    opened: list[Engine] = []
    numbers = count()

    def make(library: Texts | None = None) -> TradingHouse:
        file = shutil.copy(migrated_store, tmp_path / f"store-{next(numbers)}.db")
        opened.append(connect(f"sqlite:///{file}"))
        return TradingHouse(opened[-1], library)

    yield make
    for one in opened:
        one.dispose()


@pytest.fixture
def house(make_house: MakeHouse) -> TradingHouse:
    return make_house()


@pytest.fixture(params=["sqlite", "postgres"])
def either_house(request: pytest.FixtureRequest) -> Iterator[TradingHouse]:
    """The house on each database in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("make_house")()
        return
    opened = open_store(request.getfixturevalue("postgres_url"))
    yield TradingHouse(opened)
    opened.dispose()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a house over HTTP until the test ends; gives a client."""
    with ExitStack() as stack:

        def start(house: TradingHouse) -> httpx.Client:
            routers = [orders_api.router(house.execution), reconciliation_api.router(house.execution)]
            app = create_app(house.policy, routers)
            return stack.enter_context(serving(app))

        yield start
