"""The running service against its own description: what it takes, what it answers, what it refuses."""

import subprocess
import sys
from pathlib import Path

import httpx


def test_service_is_as_it_describes_itself(strict: httpx.Client, tmp_path: Path) -> None:
    """Schemathesis asks every operation what its schema allows, what it forbids, and in sequences.

    One check is left out: a schema cannot say which further facts the packs in force declare, so a
    request that fits the schema may still name one that is refused.
    """
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", f"{strict.base_url}/openapi.json"]
    options = ["--max-examples", "15", "--exclude-checks", "positive_data_acceptance", "--seed", "7"]
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "14 total" in done.stdout


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
