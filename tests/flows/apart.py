"""All services as processes of their own on given servers, as ``trivet up`` starts them."""

import json
import os
import signal
import time
from contextlib import contextmanager

import httpx

from adapters.topology import processes
from tests.servers import free_port
from tests.trivet import started, trivet

READY_SECONDS = 120


class Apart:
    """A crew that is up: a client for each service by name, and a way to kill one."""

    def __init__(self, home, base, settings):
        self.home = home
        self.settings = settings
        self.clients = {
            one.name: httpx.Client(base_url=f"http://127.0.0.1:{base + one.port}", timeout=120)
            for one in processes(2)
            if one.port is not None and one.name != "screens"
        }

    def status(self):
        """What ``trivet up --status`` tells; nothing while it has not told."""
        told = self.command("up", "--status", "--json").stdout
        return json.loads(told) if told.startswith("{") else {}

    def healthy(self):
        return self.status().get("healthy", False)

    def pid(self, name):
        return next(row["pid"] for row in self.status()["processes"] if row["name"] == name)

    def command(self, *words):
        return trivet(self.home, *words, **self.settings)

    def asked_for_a_step(self):
        """The player's answer, whatever it is."""
        return self.clients["player"].post("/v1/player/step", json={})

    def step(self):
        answer = self.asked_for_a_step()
        assert answer.is_success, answer.text
        return answer.json()

    def step_until(self, holds, most=60):
        """Step until ``holds()`` is something; returns that."""
        for _ in range(most):
            if found := holds():
                return found
            self.step()
        raise AssertionError("it never came to that")

    def kill(self, name):
        """Kill -9; the crew starts the process again. One that is on its way back already is left alone."""
        if (pid := self.pid(name)) is not None:
            os.kill(pid, signal.SIGKILL)

    def sum(self):
        return json.loads(self.command("audit", "sum", "--json").stdout)


@contextmanager
def apart(home, postgres_url, nats_url, redis_url, *words):
    """Every service up and healthy on the servers of these addresses; stopped cleanly in the end."""
    base = _free_ports()
    settings = {
        "TRIVET_DATABASE_URL": postgres_url,
        "TRIVET_NATS_URL": nats_url,
        "TRIVET_REDIS_URL": redis_url,
    }
    process = started(home, "up", "--no-ui", "--port-base", base, *words, **settings)
    crew = Apart(home, base, settings)
    try:
        _await(crew.healthy)
        yield crew
    finally:
        for client in crew.clients.values():
            client.close()
        process.terminate()
        code = process.wait(timeout=60)
    assert code == 0, (home / "log").read_text()


def _await(holds):
    until = time.monotonic() + READY_SECONDS
    while not holds():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.2)


def _free_ports():
    """A number above which every port of the crew is free, as far as one look can tell."""
    return max(1024, min(free_port(), 60_000))
