"""A load generator that costs little: processes, raw sockets kept alive, requests made beforehand.

Every connection asks again as soon as it is answered, so latencies are those of callers who wait for
each other's turn, not of callers who come whatever happens.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from uuid import UUID

from tests.policy.parts import CALM

_DRIVERS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What servers did under load; ``seconds`` is how long, latencies are in seconds."""

    answered: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.answered / self.seconds

    def latency(self, share: float) -> float:
        """The latency that ``share`` of all requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Drivers:
    """Processes that ask; ``drive`` divides connections among them, and those among the ports."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(_DRIVERS, mp_context=get_context("spawn"))
        self._turns = count(time.time_ns())

    def __enter__(self) -> "Drivers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def drive(self, ports: Sequence[int], connections: int, seconds: float) -> Load:
        """Keep ``connections`` busy for ``seconds``; raises at the first answer that is not 200."""
        shares = [connections // _DRIVERS] * _DRIVERS
        parts = [
            self._pool.submit(_drive, list(ports), share, seconds, next(self._turns)) for share in shares
        ]
        loads = [part.result() for part in parts]
        latencies = tuple(latency for load in loads for latency in load.latencies)
        return Load(len(latencies), max(load.seconds for load in loads), latencies)


class _Caller(asyncio.Protocol):
    """One connection: sends the next request as soon as the last is answered."""

    def __init__(self, requests: Iterator[bytes], deadline: float, done: "asyncio.Future[None]") -> None:
        self._requests = requests
        self._deadline = deadline
        self._done = done
        self._heard = b""
        self._sent_at = 0.0
        self.latencies: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, rest = self._heard.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(self._heard)
            return
        self._heard = b""
        self.latencies.append(time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._fail(b"the server closed the connection")

    def _send(self) -> None:
        if time.perf_counter() >= self._deadline:
            self._done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def _fail(self, heard: bytes) -> None:
        self._done.set_exception(RuntimeError(heard.decode(errors="replace")[:500]))
        self._transport.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise RuntimeError("the answer has no content-length")


def _drive(ports: list[int], connections: int, seconds: float, turn: int) -> Load:
    return asyncio.run(_driven(ports, connections, seconds, _requests(turn)))


async def _driven(ports: list[int], connections: int, seconds: float, requests: Iterator[bytes]) -> Load:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    finished = [loop.create_future() for _ in range(connections)]
    callers = [_Caller(requests, started + seconds, future) for future in finished]
    for number, caller in enumerate(callers):
        await loop.create_connection(lambda one=caller: one, "127.0.0.1", ports[number % len(ports)])
    await asyncio.gather(*finished)
    latencies = tuple(latency for caller in callers for latency in caller.latencies)
    return Load(len(latencies), time.perf_counter() - started, latencies)


def _requests(turn: int) -> Iterator[bytes]:
    """Requests for signals that nobody sent before, ready to be written to a socket."""
    tail = json.dumps(CALM)[1:]
    head = "POST /v1/policy/evaluate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    for number in count(turn << 40):
        body = f'{{"signal_id": "{UUID(int=number)}", {tail}'
        yield f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
