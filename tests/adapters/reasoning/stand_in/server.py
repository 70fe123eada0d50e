"""A stand-in for a model's server on a free loopback port, which answers by a script."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.adapters.reasoning.stand_in.replies import Reply

_NO_END = 1_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)  # type: ignore[no-any-return]

    @property
    def messages(self) -> list[dict[str, str]]:
        return self.body["messages"]  # type: ignore[no-any-return]


class StandIn(ThreadingHTTPServer):
    """The n-th request gets the n-th of ``replies``, later ones the last; its seconds times ``scale``.

    ``heard`` are the requests, ``left`` the seconds after which askers hung up before their answer was
    whole, ``most_at_once`` how many were waiting together at most.
    """

    daemon_threads = True

    def __init__(self, replies: Sequence[Reply], scale: float = 1.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.scale = scale
        self.heard: list[Heard] = []
        self.left: list[float] = []
        self.most_at_once = 0
        self.lock = threading.Lock()
        self._at_once = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def enter(self, request: Heard) -> Reply:
        with self.lock:
            self.heard.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            return self.replies[min(len(self.heard), len(self.replies)) - 1]

    def leave(self) -> None:
        with self.lock:
            self._at_once -= 1

    def until_left(self, askers: int = 1, patience: float = 5.0) -> list[float]:
        """``left``, once so many askers have hung up; what there is when patience ends."""
        end = time.monotonic() + patience
        while len(self.left) < askers and time.monotonic() < end:
            time.sleep(0.01)
        return self.left


@contextmanager
def standing_in(*replies: Reply, scale: float = 1.0) -> Iterator[StandIn]:
    """A server with the script ``replies`` until the end of the block."""
    server = StandIn(replies, scale)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _HungUp(Exception):
    """The asker is gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        self._began = time.monotonic()
        raw = self.rfile.read(int(self.headers["content-length"]))
        names = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.enter(Heard(self.path, names, raw))
        try:
            self._play(reply)
        except (_HungUp, OSError):
            self.server.left.append(time.monotonic() - self._began)
        finally:
            self.server.leave()
            self.close_connection = True

    def _play(self, reply: Reply) -> None:
        self._wait(reply.after)
        self.send_response(reply.status)
        length = len(reply.body) if reply.drip is None else _NO_END
        headers = {"content-type": "application/json", "content-length": str(length)}
        for name, value in (headers | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if reply.drip is not None:
            self._drip(reply.body, reply.drip)
        self.wfile.write(reply.body[: reply.cut])
        self.wfile.flush()
        if reply.cut is not None:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _drip(self, body: bytes, seconds: float) -> None:
        while True:
            self.wfile.write(body[:1])
            self.wfile.flush()
            self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        """Until the time is over; an asker that hangs up meanwhile ends it."""
        if select.select([self.connection], [], [], seconds * self.server.scale)[0]:
            raise _HungUp
