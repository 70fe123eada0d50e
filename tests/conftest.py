"""What all tests share: real servers.

One Postgres for the whole run and a database of it for whoever asks; one NATS and one Valkey for each worker,
empty for each test; servers of their own for tests that stop and start them.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import nats
import psycopg
import pytest
import redis
import structlog

from adapters.storage.database import open_store
from adapters.topology import SERVER_PORTS, processes
from tests.servers import Server, free_block, postgres
from tests.servers import own_nats as nats_server
from tests.servers import own_postgres as postgres_server
from tests.servers import own_redis as redis_server

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


@pytest.fixture(autouse=True)
def log_of_its_own() -> None:
    """Whatever ran inside an earlier test and said how much is logged: nobody inherits that."""
    structlog.reset_defaults()


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


@pytest.fixture(scope="session")
def worker_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The NATS of this worker, started by the first test that wants it."""
    with nats_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
def nats_url(worker_nats: Server) -> str:
    """The address of a NATS with JetStream and no stream in it."""
    asyncio.run(_empty(worker_nats.url))
    return worker_nats.url


@pytest.fixture(scope="session")
def worker_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The Valkey of this worker, started by the first test that wants it."""
    with redis_server(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_url(worker_redis: Server) -> str:
    """The address of an empty Valkey, which speaks Redis."""
    with redis.Redis.from_url(worker_redis.url) as client:
        client.flushall()
    return worker_redis.url


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that nobody can reach, as whom Postgres runs for root; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="trivet-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def first_port() -> int:
    """A number from which on every port that ``trivet up`` can want is free."""
    ports = (one.port for one in processes(9) if one.port is not None)
    return free_block((*SERVER_PORTS.values(), *ports))


@pytest.fixture
def own_postgres(open_folder: Path) -> Iterator[Server]:
    """A Postgres for one test, to ``kill``, ``stop`` and ``restart``; its database is not migrated."""
    with postgres_server(open_folder / "postgres") as server:
        yield server


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[Server]:
    """A NATS for one test, to ``kill``, ``stop`` and ``restart``."""
    with nats_server(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Server]:
    """A Valkey for one test, to ``kill``, ``stop`` and ``restart``."""
    with redis_server(tmp_path / "valkey") as server:
        yield server


async def _empty(url: str) -> None:
    line = await nats.connect(url)
    streams = line.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(str(stream.config.name))
    await line.close()


def _admin(statement: str) -> None:
    with psycopg.connect(os.environ[_ADMIN_URL], autocommit=True) as connection:
        connection.execute(statement.encode())


def _address(database: str) -> str:
    return os.environ[_ADMIN_URL].rsplit("/", 1)[0] + "/" + database
