"""Stores and services for the tests of stops."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from policy.access.callers import Role
from policy.access.gate import access_of
from policy.access.keys import add_key, new_key
from policy.api import create_app
from policy.store import writing
from tests.policy.parts import NOON, House, serving


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough for what rests on the stops; how they are kept is tested on both."""
    return sqlite_url


@pytest.fixture
def with_keys(store: Engine, house: House) -> Iterator[tuple[httpx.Client, dict[Role, str]]]:
    """A service that asks for keys, with one key of each role alone."""
    house.service.start()
    tokens = {}
    with writing(store) as connection:
        for number, role in enumerate(Role):
            token, key = new_key(role.value, [role], "test", NOON, None, lambda n, b=number: bytes([b] * n))
            add_key(connection, key)
            tokens[role] = token
    access = access_of(store, house.clock, required=True)
    with serving(create_app(house.service, access=access)) as client:
        yield client, tokens
