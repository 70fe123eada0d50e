"""The policy service on both databases: every test that asks for ``store`` runs on each."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from adapters.storage.database import open_store
from policy.api import create_app
from tests.policy.parts import House, build_house, serving


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    """An empty, migrated store."""
    opened = open_store(store_url)
    yield opened
    opened.dispose()


@pytest.fixture
def house(store: Engine) -> Iterator[House]:
    """A policy service with the default packs, called directly; a test may start its writer."""
    built = build_house(store)
    yield built
    built.service.stop()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one running service, for the tests of what is refused before a store is asked."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('strict') / 'trivet.db'}")
    built = build_house(opened)
    built.service.start()
    with serving(create_app(built.service)) as client:
        yield client
    built.service.stop()
    opened.dispose()


@pytest.fixture
def api(house: House) -> Iterator[httpx.Client]:
    """A client of the running service."""
    house.service.start()
    with serving(create_app(house.service)) as client:
        yield client
