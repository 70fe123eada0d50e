"""``trivet run`` and ``trivet serve`` as processes: they tell where they are, stop cleanly, and go on."""

import json
import socket
import time
from contextlib import contextmanager

import httpx
import pytest

from tests.first_rules import first_rules
from tests.trivet import PROJECT, started, trivet

REQUEST = json.loads((PROJECT / "docs" / "example-request.json").read_text("utf-8"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(home, *arguments, **settings):
    """The command, answering; gives a client, and ends it with SIGTERM."""
    port = free_port()
    process = started(home, *arguments, "--port", port, **settings)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    try:
        await_answer(client, process, home)
        yield client
    finally:
        client.close()
        process.terminate()
        code = process.wait(timeout=30)
    assert code == 0, (home / "log").read_text()


def await_answer(client, process, home):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            return client.get("/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError((home / "log").read_text())


def step(client):
    return client.post("/v1/player/step", json={}).raise_for_status().json()


@pytest.fixture
def paused_house(tmp_path):
    with running(tmp_path, "run", "--no-ui", "--paused", "--at", "2012-06-04T14:30:00Z") as client:
        yield client


def test_a_paused_run_stands_at_its_time_and_moves_by_steps(paused_house):
    player = paused_house.get("/v1/player").json()
    assert (player["state"], player["time"]) == ("paused", "2012-06-04T14:30:00Z")
    quote = paused_house.get("/v1/market/quote/AAPL").json()
    assert (quote["at"], quote["data_age_seconds"]) == ("2012-06-04T14:30:00Z", 0.0)
    assert step(paused_house)["time"] > "2012-06-04T14:30:00Z"


def test_a_callers_signal_is_decided_on_the_players_clock_and_replayed(paused_house):
    decision = paused_house.post("/v1/policy/evaluate", json=REQUEST).json()
    assert (decision["decision"], decision["evaluated_at"]) == ("APPROVE", "2012-06-04T14:30:00Z")
    assert decision["expires_at"] == "2012-06-04T14:31:00Z"
    replayed = paused_house.post(f"/v1/policy/decisions/{decision['decision_id']}/replay", json={})
    assert replayed.json()["matched"] is True


def test_the_houses_signals_are_judged_as_the_player_steps(paused_house):
    while not (items := paused_house.get("/v1/policy/decisions").json()["items"]):
        step(paused_house)
    assert items[0]["source"] == "house"
    assert {pack["pack"] for pack in items[0]["packs"]} == {
        "trading-core",
        "house-measurements",
        "house-stops",
    }


def test_a_version_activated_elsewhere_judges_the_next_decision(tmp_path):
    rules = first_rules(tmp_path / "rules")
    home = tmp_path / "var"
    with running(home, "serve", "policy", TRIVET_RULES=str(rules)) as client:
        assert client.post("/v1/policy/evaluate", json=REQUEST).json()["packs"][0]["version"] == "1.0.0"
        path = rules / "trading-core" / "pack.yaml"
        text = (
            path.read_text("utf-8")
            .replace("version: 1.0.0", "version: 1.0.1")
            .replace("nobody would", "none would")
        )
        path.write_text(text, "utf-8")
        for command in (("release", "trading-core"), ("activate", "trading-core@1.0.1")):
            assert trivet(home, *command, TRIVET_RULES=str(rules)).returncode == 0
        again = REQUEST | {"signal_id": "6f9f0d0e-8a52-4d0b-9a51-0a4f3b7f9a11"}
        assert client.post("/v1/policy/evaluate", json=again).json()["packs"][0]["version"] == "1.0.1"
        first = client.post("/v1/policy/evaluate", json=REQUEST).json()
        assert first["packs"][0]["version"] == "1.0.0"


def test_a_run_goes_on_where_it_stopped_and_refuses_its_own_past(tmp_path):
    with running(
        tmp_path, "run", "--no-ui", "--paused", "--from", "2012-06-04", "--to", "2012-06-08"
    ) as client:
        before = [step(client)["time"] for _ in range(3)][-1]
    with running(tmp_path, "run", "--no-ui", "--paused") as client:
        assert client.get("/v1/player").json()["time"] == before
        assert step(client)["time"] > before
    refused = trivet(tmp_path, "run", "--no-ui", "--at", "2012-06-04T13:00:00Z")
    assert refused.returncode == 2
    assert "--fresh" in refused.stderr
    with running(tmp_path, "run", "--no-ui", "--paused", "--fresh", "--at", "2012-06-04T14:30:00Z") as client:
        assert client.get("/v1/policy/decisions").json()["items"] == []
    assert (tmp_path / "old" / "001" / "trivet.sqlite3").exists()


def test_two_runs_do_not_share_a_data_folder(tmp_path):
    with running(tmp_path, "run", "--no-ui", "--paused"):
        second = trivet(tmp_path, "run", "--no-ui", "--port", free_port())
    assert second.returncode == 2
    assert "in use by another run" in second.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("run", "--host", "0.0.0.0"), {}, "reachable from other machines"),
        (("serve", "policy", "--host", "192.168.1.1"), {}, "reachable from other machines"),
        (("serve", "policy"), {"TRIVET_NATS_URL": "nats://127.0.0.1:1"}, "set TRIVET_CLOCK=player"),
        (("serve", "policy"), {"TRIVET_CLOCK": "player"}, "TRIVET_CLOCK=player needs TRIVET_DATABASE_URL"),
        (("serve", "features"), {}, "cannot be served alone"),
        (("run", "--at", "noon"), {}, "2012-06-04T14:30:00Z"),
        (("run", "--at", "2012-06-04T14:30:00"), {}, "no zone"),
        (("run", "--no-ui", "--paused", "--at", "2020-01-01T00:00:00Z"), {}, "no bars"),
        (("settings",), {"TRIVET_STARTING_CASH": "much"}, "TRIVET_STARTING_CASH"),
    ],
)
def test_what_cannot_start_says_why_and_exits_2(tmp_path, arguments, settings, words):
    failed = trivet(tmp_path, *arguments, **settings)
    assert failed.returncode == 2
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        failed = trivet(tmp_path, "serve", "policy", "--port", port)
    assert failed.returncode == 2
    assert f"127.0.0.1:{port}" in failed.stderr


def test_settings_are_shown_with_secrets_masked(tmp_path):
    shown = trivet(tmp_path, "settings", TRIVET_DATABASE_URL="postgresql://u:secret@127.0.0.1/x")
    assert shown.returncode == 0
    assert "secret" not in shown.stdout
    assert "TRIVET_STARTING_CASH=1000000" in shown.stdout
