"""A load generator that costs little: raw sockets, requests made beforehand, bounded in time."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load; latencies in seconds."""

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


def drive(port: int, requests: Iterator[bytes], seconds: float) -> Load:
    """Keep sixteen connections busy for ``seconds``; raises at the first answer that is not 200."""
    return asyncio.run(_drive(port, requests, seconds))


async def _drive(port: int, requests: Iterator[bytes], seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    finished = [loop.create_future() for _ in range(CONNECTIONS)]
    callers = [_Caller(requests, started + seconds, future) for future in finished]
    waiting = iter(callers)
    for _ in callers:
        await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
    await asyncio.gather(*finished)
    latencies = tuple(latency for caller in callers for latency in caller.latencies)
    return Load(len(latencies), time.perf_counter() - started, latencies)
