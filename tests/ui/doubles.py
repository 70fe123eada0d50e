"""An API of canned answers, for what a running Trivet cannot be brought to say; it keeps what it is told."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Double:
    """Answers by path without its query: a status and JSON; ``told`` has the posts, path and body."""

    answers: Mapping[str, Answer]
    address: str = ""
    told: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def answering(answers: Mapping[str, Answer]) -> Iterator[Double]:
    """A double that answers until the block ends; what it has no answer for is a 404 without words."""
    double = Double(answers)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(double)) as server:
        double.address = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield double
        finally:
            server.shutdown()
            serving.join()


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Canned(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            double.told.append((self.path, json.loads(body)))
            self._answer()

        def _answer(self) -> None:
            status, found = double.answers.get(self.path.partition("?")[0], (404, {}))
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Canned
