"""A collector of traces on a loopback port: takes OTLP over HTTP and keeps every span it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """One span: ids in hexadecimal, times in nanoseconds."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    starts: int
    ends: int
    told: dict[str, str]
    links: tuple[str, ...]


@dataclass
class Collector:
    """Where to send spans, and what came."""

    url: str
    spans: list[Seen] = field(default_factory=list)

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    def of_trace(self, trace: str) -> set[str]:
        """The names of the spans of one trace."""
        return {span.name for span in self.spans if span.trace == trace}

    def take(self, body: bytes) -> None:
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {one.key: one.value.string_value for one in sent.resource.attributes}["service.name"]
            for scope in sent.scope_spans:
                self.spans += [_seen(service, span) for span in scope.spans]


def _seen(service: str, span) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        starts=span.start_time_unix_nano,
        ends=span.end_time_unix_nano,
        told={one.key: one.value.string_value for one in span.attributes},
        links=tuple(link.trace_id.hex() for link in span.links),
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that takes spans until the end of the block."""

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Taker)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
