"""The screens ask each service at its own address, where services are apart."""

import json
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ui.client import Api
from ui.connection import elsewhere


@contextmanager
def answering(name):
    """A server that tells its name and the path it was asked for; gives its address."""

    class Told(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"by": name, "path": self.path}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Told) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture
def services():
    """An address for each of three services."""
    with ExitStack() as until_the_end:
        names = ("policy", "portfolio", "execution")
        yield {name: until_the_end.enter_context(answering(name)) for name in names}


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/v1/policy/packs", "policy"),
        ("/v1/portfolio", "portfolio"),
        ("/v1/portfolio/positions", "portfolio"),
        ("/v1/portfolio/flatten", "execution"),
        ("/v1/portfolios", "policy"),
        ("/v1/orders/1", "execution"),
    ],
)
def test_the_longest_beginning_that_fits_says_who_is_asked(services, monkeypatch, path, who):
    routes = {
        "/v1/orders": services["execution"],
        "/v1/portfolio": services["portfolio"],
        "/v1/portfolio/flatten": services["execution"],
    }
    told = ",".join(f"{begins}={where}" for begins, where in routes.items())
    monkeypatch.setenv("TRIVET_API_URLS", told)
    assert Api(services["policy"], None, elsewhere()).get(path) == {"by": who, "path": path}


def test_without_addresses_apart_everything_is_asked_at_one(services, monkeypatch):
    monkeypatch.delenv("TRIVET_API_URLS", raising=False)
    assert Api(services["policy"], None, elsewhere()).get("/v1/orders")["by"] == "policy"
