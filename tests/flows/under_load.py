"""The policy service as a process of its own, and callers that ask it until it goes away."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.request import urlopen

import psycopg

from tests.policy.parts import body
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
EVALUATE = "/v1/policy/evaluate"


@dataclass
class Process:
    """A running service: its port and its process."""

    port: int
    popen: "subprocess.Popen[bytes]"

    def memory(self) -> int:
        """The most that was ever resident, in MiB."""
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) // 1024

    def terminate(self) -> float:
        """Send SIGTERM and wait for the end; gives the seconds that took."""
        started = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        assert self.popen.wait(timeout=30) == 0
        return time.monotonic() - started


@contextmanager
def running(url: str, **settings: str) -> Iterator[Process]:
    """The service on the store of ``url``, with ``settings`` of its environment."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.http_servers", "policy", str(port), url, "main"]
    named = {f"TRIVET_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **named}) as popen:
        try:
            _wait_for(popen, port)
            yield Process(port, popen)
        finally:
            popen.kill()


def _wait_for(popen: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and popen.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the service did not start (exit code {popen.poll()})")


@contextmanager
def stuck(url: str) -> Iterator[None]:
    """Hold the lock that every claim needs, so that no evaluation can be recorded."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE decided_signals IN ACCESS EXCLUSIVE MODE")
        yield


@dataclass
class Callers:
    """Callers in threads, each on a connection of its own that asks again as soon as it has an answer."""

    port: int
    statuses: dict[int, int] = field(default_factory=dict)
    unanswered: list[int] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, callers: int) -> None:
        """Begin to ask, caller ``n`` for signals ``n * 1,000,000`` and on."""
        for number in range(callers):
            thread = threading.Thread(target=self._ask, args=(number * 1_000_000,))
            self._threads.append(thread)
            thread.start()

    def join(self) -> None:
        """Wait until every caller's connection was closed."""
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            last = False
            while not last:
                number += 1
                last = self._ask_one(connection, number)

    def _ask_one(self, connection: HTTPConnection, number: int) -> bool:
        """Whether that was the last answer on this connection, or there was none."""
        try:
            connection.request(
                "POST", EVALUATE, json.dumps(body(number)), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self.unanswered.append(number)
            return True
        self.statuses[number] = answer.status
        return answer.will_close


def flood(port: int, bodies: Mapping[int, bytes]) -> Counter[str]:
    """Send all of ``bodies`` at once, each on a connection of its own; gives what was answered how often."""
    return Counter(asyncio.run(_flood(port, list(bodies.values()))))


async def _flood(port: int, bodies: list[bytes]) -> list[str]:
    return await asyncio.gather(*(_ask(port, one) for one in bodies))


async def _ask(port: int, content: bytes) -> str:
    """The status and the problem's name, such as ``503 overloaded``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {EVALUATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(re.search(r"content-length: (\d+)", answer)[1])  # type: ignore[index]
    told = json.loads(await reader.readexactly(length))
    writer.close()
    assert "retry-after: 1" in answer or answer.startswith("HTTP/1.1 200")
    return f"{answer.split(' ')[1]} {told.get('type', '').split(':')[-1]}".strip()
