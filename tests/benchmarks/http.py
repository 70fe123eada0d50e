"""How much durability costs over HTTP: Trivet's evaluate endpoint beside a bare one, as a ratio.

    python -m tests.benchmarks.http [--seconds 3] [--rounds 3]

Both run as processes with one worker each; sixteen connections ask in turns, so that both see the
same machine. Every decision that is counted was committed before it was answered. SQLite syncs to
the disk at every commit, and so does the Postgres that is started here.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

from tests.benchmarks.http_load import CONNECTIONS, Load, drive
from tests.policy.parts import CALM
from tests.servers import free_port, postgres

ROOT = Path(__file__).parents[2]
_DURABLE = ("max_connections=50",)
_NUMBERS = count(1)
_START = time.time_ns() << 32


def main() -> None:
    """Measure and print; exits 1 when a durable decision costs more than twice a bare answer."""
    options = _options()
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="trivet-bench-") as folder:
        ports = _servers(stack, Path(folder))
        for port in ports.values():
            drive(port, _requests(), 1.0)
        loads: dict[str, list[Load]] = {name: [] for name in ports}
        for _ in range(options.rounds):
            for name, port in ports.items():
                loads[name].append(drive(port, _requests(), options.seconds))
    sys.exit(_report(loads))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each server is asked per round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median counts")
    return parser.parse_args()


def _servers(stack: ExitStack, folder: Path) -> dict[str, int]:
    admin = stack.enter_context(postgres(folder, _DURABLE))
    return {
        "bare": stack.enter_context(_server("bare")),
        "SQLite": stack.enter_context(_server("policy", f"sqlite:///{folder / 'trivet.db'}")),
        "Postgres": stack.enter_context(_server("policy", admin)),
    }


@contextmanager
def _server(kind: str, *arguments: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.http_servers", kind, str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"a server of the benchmark did not start (exit code {process.poll()})")


def _requests() -> Iterator[bytes]:
    """Requests for signals that nobody sent before, ready to be written to a socket."""
    tail = json.dumps(CALM)[1:]
    head = "POST /v1/policy/evaluate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    for number in _NUMBERS:
        body = f'{{"signal_id": "{UUID(int=_START + number)}", {tail}'
        yield f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _report(loads: dict[str, list[Load]]) -> int:
    speed = {name: statistics.median(load.per_second for load in runs) for name, runs in loads.items()}
    print(f"{CONNECTIONS} connections, one worker, median of {len(loads['bare'])} rounds")
    print(f"{'':10}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'of bare':>10}")
    for name, runs in loads.items():
        p50, p99 = (statistics.median(load.latency(share) for load in runs) * 1000 for share in (0.5, 0.99))
        print(f"{name:10}{speed[name]:12.0f}{p50:10.2f}{p99:10.2f}{speed[name] / speed['bare']:10.2f}")
    return 0 if min(speed.values()) >= speed["bare"] / 2 else 1


if __name__ == "__main__":
    main()
