"""``trivet up`` as a user runs it: real servers, every service a process, and nothing left behind."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from adapters.topology import SERVER_PORTS, processes
from tests.trivet import COMMAND, PROJECT, environment, trivet

SERVICES = [one.name for one in processes() if one.port is not None and one.name != "screens"]
JOBS = ["imports", "migrate"]
EVERYTHING = ["imports", *SERVER_PORTS, "migrate", *SERVICES]


@pytest.fixture
def up(open_folder, first_port):
    """Starts ``trivet up`` in the background on a data folder of its own, and ends it at last."""
    started = []

    def start(*words):
        with (open_folder / "said").open("wb") as said, (open_folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [*COMMAND, "up", "--port-base", str(first_port), *words],
                cwd=PROJECT,
                env=environment(open_folder / "home", HOME=str(open_folder), TMPDIR=str(open_folder)),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def test_every_service_comes_up_is_kept_alive_and_ends_without_a_trace(up, open_folder, first_port):
    process = up("--no-ui", "--paused", "--json")
    status = until(lambda: json.loads((open_folder / "said").read_text()), 115, process)
    assert (open_folder / "errors").read_text() == ""
    assert status["healthy"] is True
    assert [one["name"] for one in status["processes"]] == EVERYTHING
    pids = {one["name"]: one["pid"] for one in status["processes"] if one["name"] not in JOBS}

    one_step_is_played(first_port)
    only_loopback_is_listened_on(pids.values())
    every_process_has_its_log(open_folder / "home")
    what_is_written_lies_below_the_data_folder(open_folder)
    a_second_crew_is_refused(open_folder / "home", first_port)
    commands_can_be_told_to_ask_its_servers(open_folder / "home", first_port)
    a_killed_service_comes_back(open_folder / "home", pids["features"], first_port)

    ended = trivet(open_folder / "home", "down")

    assert ended.stdout == "stopped\n"
    assert process.wait(5) == 0
    none_exists(pids.values())
    assert not list((open_folder / "home").glob("up.[je]*"))


def one_step_is_played(first_port):
    address = f"http://127.0.0.1:{first_port + 6}/v1/player"
    before = httpx.get(address).json()["time"]
    httpx.post(f"{address}/step", json={}, timeout=60).raise_for_status()
    assert httpx.get(address).json()["time"] > before


def only_loopback_is_listened_on(pids):
    mine = {inode for pid in pids for inode in sockets_of(pid)}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines() for name in ("tcp", "tcp6")]
    listening = [line.split() for table in tables for line in table]
    addresses = {words[1].split(":")[0] for words in listening if words[3] == "0A" and words[9] in mine}
    assert addresses == {"0100007F"}


def sockets_of(pid):
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return [link[len("socket:[") : -1] for link in links if link.startswith("socket:[")]


def every_process_has_its_log(home):
    assert {log.name for log in (home / "logs").iterdir()} == {f"{name}.log" for name in EVERYTHING}


def what_is_written_lies_below_the_data_folder(folder):
    assert {entry.name for entry in folder.iterdir()} == {"home", "said", "errors"}


def a_second_crew_is_refused(home, first_port):
    refused = trivet(home, "up", "--port-base", first_port)
    assert refused.returncode == 2
    assert refused.stderr == f"{home} is in use by another trivet up; end it with: trivet down\n"


def commands_can_be_told_to_ask_its_servers(home, first_port):
    beside = trivet(home, "keys", "list")
    assert beside.stderr.endswith(f"first: . {home}/up.env\n")
    lines = [shlex.split(line)[1] for line in (home / "up.env").read_text().splitlines()]
    token = trivet(
        home, "keys", "create", "desk", "--role", "auditor", **dict(line.split("=", 1) for line in lines)
    )
    assert token.stderr.startswith("the key of desk ")
    time.sleep(1.1)  # keys are read at most once a second
    shown = {"authorization": f"Bearer {token.stdout.strip()}"}
    packs = httpx.get(f"http://127.0.0.1:{first_port}/v1/policy/packs", headers=shown)
    assert packs.status_code == 200


def a_killed_service_comes_back(home, pid, first_port):
    os.kill(pid, signal.SIGKILL)
    row = until(lambda: restarted(home), 60)
    assert row["pid"] != pid
    assert row["last_code"] == -signal.SIGKILL
    assert httpx.get(f"http://127.0.0.1:{first_port + 3}/readyz").status_code == 200


def restarted(home):
    status = json.loads(trivet(home, "up", "--status", "--json").stdout)
    [row] = [one for one in status["processes"] if one["name"] == "features"]
    assert row["restarts"] == 1
    assert row["state"] == "healthy"
    return row


def test_ctrl_c_ends_a_start_halfway(up, open_folder):
    process = up("--no-ui")
    until(lambda: (open_folder / "said").read_text().index("migrate     starting"), 60, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert (open_folder / "said").read_text().endswith("stopped; start again to go on from here\n")
    assert not list((open_folder / "home" / "servers" / "postgres" / "cluster").glob("postmaster.pid"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_killed_itself_it_takes_its_processes_along(up, open_folder):
    process = up("--no-ui")
    until(lambda: (open_folder / "said").read_text().index("postgres    healthy"), 60, process)
    status = json.loads((open_folder / "home" / "up.json").read_text())
    pids = [one["pid"] for one in status["processes"] if one["pid"] is not None]
    process.kill()
    process.wait()
    until(lambda: none_exists(pids), 20)


def none_exists(pids):
    assert not [pid for pid in pids if exists(pid)]


def test_a_taken_port_is_told_before_anything_is_started(open_folder, first_port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", first_port + 3))
        other.listen()
        refused = trivet(open_folder / "home", "up", "--port-base", first_port)
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        f"port {first_port + 3} of 127.0.0.1, meant for features, cannot be used:"
    )
    assert not (open_folder / "home" / "servers").exists()


def test_a_given_server_that_does_not_answer_is_named_without_its_password(open_folder, first_port):
    url = f"nats://trivet:hidden@127.0.0.1:{first_port}"
    refused = trivet(open_folder / "home", "up", "--port-base", first_port, TRIVET_NATS_URL=url)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"TRIVET_NATS_URL: nobody answers at 127.0.0.1:{first_port}")
    assert "hidden" not in refused.stderr


def test_a_database_that_is_a_file_is_refused(open_folder, sqlite_url):
    refused = trivet(open_folder / "home", "up", TRIVET_DATABASE_URL=sqlite_url)
    assert refused.returncode == 2
    assert refused.stderr.startswith("TRIVET_DATABASE_URL names no server")


def test_where_nothing_is_up_there_is_nothing_to_stop(tmp_path):
    assert trivet(tmp_path, "down").stdout == f"nothing is up in {tmp_path}\n"
    asked = trivet(tmp_path, "up", "--status")
    assert (asked.returncode, asked.stderr) == (1, f"nothing is up in {tmp_path}; start it with: trivet up\n")


def until(told, seconds, process=None):
    """What ``told()`` gives once it gives something without failing."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return told()
        except (ValueError, AssertionError):
            assert process is None or process.poll() is None, "it ended"
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
