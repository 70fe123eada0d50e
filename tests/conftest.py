"""What all tests share: one real Postgres for the whole run, a database of it for whoever asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from adapters.storage.database import open_store
from tests.servers import postgres

_ADMIN_URL = "TRIVET_TEST_POSTGRES_URL"
_SERVER = pytest.StashKey[tuple[AbstractContextManager[str], Path]]()
_NUMBER = count()


def pytest_configure(config: pytest.Config) -> None:
    """Start Postgres in the controller; the workers of xdist are its children and inherit the address."""
    if hasattr(config, "workerinput") or config.option.collectonly or _ADMIN_URL in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="trivet-postgres-"))
    server = postgres(folder)
    os.environ[_ADMIN_URL] = server.__enter__()
    config.stash[_SERVER] = (server, folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what ``pytest_configure`` started."""
    if _SERVER in config.stash:
        server, folder = config.stash[_SERVER]
        server.__exit__(None, None, None)
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[_ADMIN_URL]


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated database of this worker, to copy for each test; gives its name."""
    name = f"template_{os.getpid()}"
    _admin(f'CREATE DATABASE "{name}"')
    open_store(_address(name)).dispose()
    yield name
    _admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    """The address of a migrated, empty Postgres database for one test."""
    name = f"test_{os.getpid()}_{next(_NUMBER)}"
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}" STRATEGY FILE_COPY')
    yield _address(name)
    _admin(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite store for one test; the file is not there yet."""
    return f"sqlite:///{tmp_path / 'trivet.db'}"


def _admin(statement: str) -> None:
    with psycopg.connect(os.environ[_ADMIN_URL], autocommit=True) as connection:
        connection.execute(statement.encode())


def _address(database: str) -> str:
    return os.environ[_ADMIN_URL].rsplit("/", 1)[0] + "/" + database
