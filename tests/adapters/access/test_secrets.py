"""Secrets stay where they belong, and ports where nobody else reaches them: looked at from outside."""

import json
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.trivet import PROJECT, started, trivet
from tests.ui.running import free_port
from ui.client import Api, Problem
from ui.connection import key

REQUEST = json.loads((PROJECT / "docs" / "example-request.json").read_text("utf-8"))
UNKNOWN = "trv_0badc0de_" + "5ec2e7" * 10 + "5ec2"
TOKEN = "eyJzZWNyZXQ.c2VjcmV0.c2VjcmV0"
PASSWORD = "pass5ec2e7word"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A policy service in a process of its own that asks for a key; its address, its home, its process."""
    home, port = tmp_path_factory.mktemp("secrets"), free_port()
    process = started(home, "serve", "policy", "--port", port, TRIVET_AUTH="required")
    address = f"http://127.0.0.1:{port}"
    try:
        _await(f"{address}/readyz", process, home)
        yield address, home, process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(ready, process, home):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            return httpx.get(ready, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError((home / "log").read_text())


def asked(address, token):
    shown = {} if token is None else {"authorization": f"Bearer {token}"}
    posted = httpx.post(f"{address}/v1/policy/evaluate", json=REQUEST, headers=shown, trust_env=False)
    return posted.status_code


def test_no_secret_is_in_a_log_the_metrics_or_a_command_line(service):
    address, home, process = service
    secret = (home / "local.key").read_text().strip()
    weak = trivet(home, "keys", "create", "auditor", "--role", "auditor").stdout.strip()
    assert [asked(address, token) for token in (None, UNKNOWN, TOKEN)] == [401, 401, 401]
    assert [_known(address, token) for token in (weak, secret)] == [403, 200]
    metrics = httpx.get(f"{address}/metrics", trust_env=False).text
    command = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
    shown = metrics + command + (home / "log").read_text() + trivet(home, "keys", "list", "--json").stdout
    for token in (secret, weak, UNKNOWN):
        assert token.split("_")[2] not in shown
    assert TOKEN not in shown


def _known(address, token):
    """The answer once the service has read its keys anew, which takes it a second."""
    until = time.monotonic() + 6
    while (status := asked(address, token)) == 401 and time.monotonic() < until:
        time.sleep(0.1)
    return status


def test_settings_show_no_password(tmp_path):
    told = trivet(tmp_path, "settings", TRIVET_DATABASE_URL=f"postgresql://trivet:{PASSWORD}@127.0.0.1/x")
    assert told.returncode == 0
    assert "DATABASE_URL" in told.stdout.upper()
    assert PASSWORD not in told.stdout + told.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads what listens from Linux's own tables")
def test_what_listens_listens_on_loopback_alone(service):
    _, _, process = service
    sockets = {
        path.readlink().name for path in Path(f"/proc/{process.pid}/fd").iterdir() if path.is_symlink()
    }
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]
    ]
    listening = [
        line[1].split(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets
    ]
    assert listening == [socket.inet_aton("127.0.0.1")[::-1].hex().upper()]


def reviews_shown(address):
    """What screens that were started like this get to see; the connection is closed."""
    api = Api(address, key())
    try:
        return api.get("/v1/reviews")
    finally:
        api._http.close()


def test_the_screens_show_the_key_of_their_file(service, monkeypatch):
    address, home, _ = service
    monkeypatch.setenv("TRIVET_KEY_FILE", str(home / "local.key"))
    assert "items" in reviews_shown(address)
    monkeypatch.delenv("TRIVET_KEY_FILE")
    monkeypatch.setenv("TRIVET_HOME", str(home))
    assert "items" in reviews_shown(address)
    monkeypatch.delenv("TRIVET_HOME")
    with pytest.raises(Problem) as refused:
        reviews_shown(address)
    assert refused.value.status == 401
