"""The running service against its own description: what it takes, what it answers, what it refuses."""

import subprocess
import sys
from pathlib import Path

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
    """One database is enough: what is described does not depend on it."""
    return sqlite_url


def asked_everything(client: httpx.Client, folder: Path, *more: str) -> str:
    """What schemathesis says of the service behind ``client``; it asks what the schema allows and forbids."""
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", f"{client.base_url}/openapi.json"]
    options = ["--max-examples", "15", "--exclude-checks", "positive_data_acceptance", "--seed", "7", *more]
    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def test_service_is_as_it_describes_itself(strict: httpx.Client, tmp_path: Path) -> None:
    """Every operation, and sequences of them.

    One check is left out: a schema cannot say which further facts the packs in force declare, so a
    request that fits the schema may still name one that is refused.
    """
    assert "21 total" in asked_everything(strict, tmp_path)


def test_service_that_asks_for_a_key_is_as_it_describes_itself(
    store: Engine, house: House, tmp_path: Path
) -> None:
    """With a key of every role; each operation is asked without one too, which must be 401 and is checked."""
    token, key = new_key("tester", Role, "test", NOON, None, bytes)
    with writing(store) as connection:
        add_key(connection, key)
    house.service.start()
    access = access_of(store, house.clock, required=True)
    with serving(create_app(house.service, access=access)) as client:
        told = asked_everything(
            client, tmp_path, "--max-examples", "5", "--header", f"Authorization: Bearer {token}"
        )
        described = client.get("/openapi.json", headers={"authorization": f"Bearer {token}"}).json()
    assert "21 total" in told
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) is (path not in ("/healthz", "/readyz", "/metrics"))


def test_busiest_route_is_described_like_the_others(strict: httpx.Client) -> None:
    described = strict.get("/openapi.json").json()["paths"]["/v1/policy/evaluate"]["post"]
    refusals = {"400", "401", "403", "408", "409", "413", "415", "422", "503"}
    assert set(described["responses"]) == {"200"} | refusals
    assert described["x-roles"] == ["strategy"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    assert "signal_id" in schema["required"]
    assert schema["properties"]["market_context"]["properties"]["market_open"] == {
        "title": "Market Open",
        "type": "boolean",
    }
