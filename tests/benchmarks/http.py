"""How much durability costs over HTTP: Trivet's evaluate endpoint beside a bare one, as a ratio.

    python -m tests.benchmarks.http [--seconds 2] [--rounds 3]

Every server is a process of its own, and so are the two that ask, over 16 and then 64 connections
that are kept alive. The servers are asked in turns, so that all see the same machine. Every decision
that is counted was committed before it was answered; SQLite and the Postgres that is started here
sync to the disk at every commit. Two workers share one Postgres, each with its own chain of the
audit log. It stops by itself and asks nothing but this machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

from tests.benchmarks.http_inside import PHASES, Inside, inside
from tests.benchmarks.http_load import Drivers, Load
from tests.servers import free_port, postgres

ROOT = Path(__file__).parents[2]
CONNECTIONS = (16, 64)
_DURABLE = ("max_connections=50",)
_MOST_COST = 2.0


@dataclass(frozen=True, slots=True)
class Contender:
    """What is asked under one name: the workers' ports and processes."""

    ports: tuple[int, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One round of one contender."""

    load: Load
    inside: Inside


Runs = dict[tuple[str, int], list[Run]]


def main() -> None:
    """Measure and print; exits 1 when a durable decision costs more than twice a bare answer."""
    options = _options()
    runs: Runs = {}
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="trivet-bench-") as folder,
        Drivers() as drivers,
    ):
        contenders = _contenders(stack, Path(folder))
        for contender in contenders.values():
            drivers.drive(contender.ports, CONNECTIONS[0], 1.0)
        for _ in range(options.rounds):
            for connections in CONNECTIONS:
                for name, contender in contenders.items():
                    run = _run(drivers, contender, connections, options.seconds)
                    runs.setdefault((name, connections), []).append(run)
    for connections in CONNECTIONS:
        _report({name: many for (name, among), many in runs.items() if among == connections}, connections)
    sys.exit(0 if _is_cheap(runs) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each is asked per round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median counts")
    return parser.parse_args()


def _contenders(stack: ExitStack, folder: Path) -> dict[str, Contender]:
    admin = stack.enter_context(postgres(folder, _DURABLE))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shared")
    shared = admin.rsplit("/", 1)[0] + "/shared"
    return {
        "bare": _workers(stack, [("bare",)]),
        "SQLite": _workers(stack, [("policy", f"sqlite:///{folder / 'trivet.db'}", "main")]),
        "Postgres": _workers(stack, [("policy", admin, "main")]),
        "2 workers": _workers(stack, [("policy", shared, f"worker-{number}") for number in (1, 2)]),
    }


def _workers(stack: ExitStack, commands: Sequence[tuple[str, ...]]) -> Contender:
    started = [stack.enter_context(_server(*command)) for command in commands]
    return Contender(tuple(port for port, _ in started), tuple(pid for _, pid in started))


@contextmanager
def _server(kind: str, *arguments: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.http_servers", kind, str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TRIVET_RATE_LIMIT": "1000000/second"})
    try:
        _wait_for(process, port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"a server of the benchmark did not start (exit code {process.poll()})")


def _run(drivers: Drivers, contender: Contender, connections: int, seconds: float) -> Run:
    before = inside(contender.ports, contender.pids)
    load = drivers.drive(contender.ports, connections, seconds)
    return Run(load, inside(contender.ports, contender.pids).since(before))


def _report(runs: dict[str, list[Run]], connections: int) -> None:
    bare = _per_second(runs["bare"])
    print(f"\n{connections} connections, median of {len(runs['bare'])} rounds")
    print(
        f"{'':10}{'requests/s':>11}{'of bare':>8}{'p50 ms':>8}{'p99 ms':>8}{'p99.9':>8}{'CPU us':>8}"
        f"{'a commit':>9}  share of the workers' time"
    )
    for name, many in runs.items():
        speed = _per_second(many)
        latencies = "".join(f"{_latency(many, share) * 1000:8.2f}" for share in (0.5, 0.99, 0.999))
        cpu = statistics.median(run.inside.cpu / run.load.answered for run in many) * 1e6
        print(f"{name:10}{speed:11.0f}{speed / bare:8.2f}{latencies}{cpu:8.0f}{_inner(name, many)}")


def _inner(name: str, runs: list[Run]) -> str:
    """Evaluations for each commit, and how much of the time went into each phase."""
    if name == "bare":
        return ""
    workers = 2 if name == "2 workers" else 1
    among = statistics.median(run.inside.evaluations / run.inside.commits for run in runs)
    shares = [
        statistics.median(run.inside.phases[place] / (run.load.seconds * workers) for run in runs)
        for place in range(len(PHASES))
    ]
    told = [f"{phase} {share:.0%}" for phase, share in zip(PHASES, shares, strict=True)]
    return f"{among:9.1f}  {', '.join(told)}"


def _per_second(runs: list[Run]) -> float:
    return statistics.median(run.load.per_second for run in runs)


def _latency(runs: list[Run], share: float) -> float:
    return statistics.median(run.load.latency(share) for run in runs)


def _is_cheap(runs: Runs) -> bool:
    """Whether one worker keeps its bound; over 16 connections, where a commit has the fewest to share it."""
    few = CONNECTIONS[0]
    slowest = min(_per_second(runs[name, few]) for name in ("SQLite", "Postgres"))
    return slowest >= _per_second(runs["bare", few]) / _MOST_COST


if __name__ == "__main__":
    main()
