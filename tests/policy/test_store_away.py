"""When the database is away: 503, no decision, nothing lost, and all by itself well again afterwards."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from adapters.storage.database import open_store
from policy.api import create_app
from policy.audit.verify import length, verify
from policy.store import reading
from policy.tables import policy_evaluations
from tests.policy.parts import House, body, build_house, serving

EVALUATE = "/v1/policy/evaluate"


@contextmanager
def sqlite_away(url: str) -> Iterator[None]:
    """Take the database file (and what SQLite keeps beside it) away, then put it back."""
    path = Path(make_url(url).database or "")
    files = [path, Path(f"{path}-wal"), Path(f"{path}-shm")]
    there = [file for file in files if file.exists()]
    for file in there:
        file.rename(f"{file}.away")
    yield
    for file in there:
        Path(f"{file}.away").rename(file)


@contextmanager
def postgres_away(url: str) -> Iterator[None]:
    """Cut every connection and allow no new one, then allow them again."""
    name = make_url(url).database
    with psycopg.connect(os.environ["TRIVET_TEST_POSTGRES_URL"], autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


def away(url: str) -> AbstractContextManager[None]:
    return sqlite_away(url) if url.startswith("sqlite") else postgres_away(url)


def test_without_its_store_nothing_is_decided_and_it_recovers(
    api: httpx.Client, house: House, store_url: str
) -> None:
    assert api.post(EVALUATE, json=body(1)).status_code == 200
    with away(store_url):
        answer = api.post(EVALUATE, json=body(2))
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"].endswith(":database-unavailable")
        for path in ("/readyz", "/v1/policy/decisions", "/v1/reviews", "/v1/policy/packs"):
            assert api.get(path).status_code == 503, path
        assert api.get("/healthz").status_code == 200
    assert api.post(EVALUATE, json=body(2)).status_code == 200
    assert api.get("/readyz").status_code == 200
    assert length(house.service.store) == 2
    assert verify(house.service.store) == []


def test_cut_connections_are_not_even_noticed(postgres_url: str) -> None:
    with running(postgres_url) as (api, _):
        assert api.post(EVALUATE, json=body(1)).status_code == 200
        with postgres_away(postgres_url):
            pass
        assert api.post(EVALUATE, json=body(2)).status_code == 200


def test_replaced_file_is_never_written_to_as_if_nothing_had_happened(sqlite_url: str) -> None:
    path = Path(make_url(sqlite_url).database or "")
    with running(sqlite_url) as (api, house):
        assert api.post(EVALUATE, json=body(1)).status_code == 200
        path.unlink()
        path.touch()
        assert api.post(EVALUATE, json=body(2)).status_code == 503
        with (
            pytest.raises(OperationalError, match="no such table"),
            reading(house.service.store) as connection,
        ):
            connection.execute(policy_evaluations.select())


@contextmanager
def running(url: str) -> Iterator[tuple[httpx.Client, House]]:
    """A service on the store of ``url``, and a client of it."""
    store = open_store(url)
    house = build_house(store)
    house.service.start()
    with serving(create_app(house.service)) as client:
        yield client, house
    house.service.stop()
    store.dispose()
