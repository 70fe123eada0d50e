"""Addresses of servers that cannot be used are told in plain words, without what opens them."""

import json

import pytest

from tests.trivet import PROJECT, trivet

SECRET = "hidden"


@pytest.mark.parametrize("command", [["audit", "verify"], ["keys", "list"], ["migrate"], ["serve", "policy"]])
@pytest.mark.parametrize("url", [f"postgres://trivet:{SECRET}@127.0.0.1/trivet", f"{SECRET}-and-no-address"])
def test_a_database_of_an_unknown_kind_is_told_in_a_line(tmp_path, command, url):
    refused = trivet(tmp_path, *command, TRIVET_DATABASE_URL=url)
    assert refused.returncode in (1, 2)
    assert refused.stderr.startswith("TRIVET_DATABASE_URL ")
    assert refused.stderr.count("\n") == 1
    assert SECRET not in refused.stderr


def test_evaluating_beside_an_unknown_database_ends_in_a_problem(tmp_path):
    request = PROJECT / "docs" / "example-request.json"
    refused = trivet(
        tmp_path, "evaluate", request, TRIVET_DATABASE_URL=f"postgres://trivet:{SECRET}@127.0.0.1/t"
    )
    assert refused.returncode == 2
    assert json.loads(refused.stderr)["type"] == "urn:trivet:problem:not-evaluated"
    assert SECRET not in refused.stderr


@pytest.mark.parametrize("name", ["DATABASE", "NATS", "REDIS"])
def test_a_password_that_breaks_its_address_is_told_and_not_shown(tmp_path, name):
    refused = trivet(
        tmp_path, "settings", **{f"TRIVET_{name}_URL": f"x://trivet:{SECRET}/{SECRET}@127.0.0.1:1"}
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"TRIVET_{name}_URL: is no address")
    assert SECRET not in refused.stderr


def test_no_password_of_any_server_is_among_the_settings(tmp_path):
    names = ("DATABASE", "NATS", "REDIS", "OTLP")
    urls = {f"TRIVET_{name}_URL": f"http://trivet:{SECRET}@127.0.0.1:1" for name in names}
    for words in (["settings"], ["settings", "--json"]):
        assert SECRET not in trivet(tmp_path, *words, **urls).stdout
