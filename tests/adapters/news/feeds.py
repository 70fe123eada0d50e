"""A server of feeds on this machine: answers as scripted, and keeps what it was asked."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = "<item><title>{title}</title><pubDate>{at}</pubDate><description>{body}</description></item>"
AT = "Mon, 04 Jun 2012 08:00:00 -0400"


def rss(*items: str, title: str = "Wire") -> bytes:
    """An RSS feed with ``items``."""
    channel = f"<channel><title>{title}</title>{''.join(items)}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0">{channel}</rss>'.encode()


def told(title: str, at: str = AT, body: str = "") -> str:
    """One item of an RSS feed."""
    return ITEM.format(title=title, at=at, body=body)


@dataclass
class Answer:
    """What is answered at a path; ``drip`` sends it by bytes, ``pause`` its headers one by one, so slowly."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    pause: float = 0.0


@dataclass
class FeedServer:
    """``answers`` by path may be changed while it serves; ``asked`` has the headers of every request."""

    answers: dict[str, Answer]
    address: str = ""
    asked: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def serving(**answers: Answer) -> Iterator[FeedServer]:
    """A server that answers below ``/name`` until the block ends."""
    feeds = FeedServer({f"/{name}": one for name, one in answers.items()})
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(feeds)) as server:
        server.daemon_threads = True
        feeds.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield feeds
        finally:
            server.shutdown()
            thread.join()


def _send_headers(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    with suppress(OSError):  # whoever asked has heard enough
        for name, value in answer.headers.items():
            handler.send_header(name, value)
            if answer.pause:
                handler.flush_headers()
                time.sleep(answer.pause)
        handler.end_headers()


def _handler(feeds: FeedServer) -> type[BaseHTTPRequestHandler]:
    class Scripted(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feeds.asked.append(dict(self.headers))
            answer = feeds.answers.get(self.path) or feeds.answers[self.path.partition("?")[0]]
            tag = answer.headers.get("ETag")
            fresh = tag is not None and self.headers.get("If-None-Match") == tag
            self.send_response(304 if fresh else answer.status)
            _send_headers(self, answer)
            if not fresh:
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            size = 1 if answer.drip else len(answer.body) or 1
            try:
                for start in range(0, len(answer.body), size):
                    self.wfile.write(answer.body[start : start + size])
                    time.sleep(answer.drip)
            except OSError:
                pass  # whoever asked has heard enough

        def log_message(self, *_: object) -> None:
            pass

    return Scripted
