"""Connections that nobody asks or reads on are ended; those in use are not."""

import asyncio
import socket
import time
from contextlib import suppress

import pytest
from fastapi import FastAPI, Response

from adapters import http_patience
from tests.policy.parts import serving

LARGE = 64 * 1024 * 1024
HEAD = b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def client(monkeypatch):
    """A client of a server that is patient for three tenths of a second."""
    monkeypatch.setattr(http_patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(http_patience, "READ_SECONDS", 0.3)
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.8)
        return "answered"

    @app.get("/large")
    async def large() -> Response:
        return Response(b"x" * LARGE)

    with serving(app) as found:
        yield found


def connected(client):
    return socket.create_connection((client.base_url.host, client.base_url.port), 5)


def read_to_its_end(connection):
    """All that comes until the other side ends it; fails where it stays open for five seconds."""
    parts = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize("begun", [b"", b"G", HEAD])
def test_connection_without_a_whole_head_is_ended(client, begun):
    with connected(client) as connection:
        connection.sendall(begun)
        assert read_to_its_end(connection) == b""


def test_a_head_that_trickles_in_is_not_waited_for(client):
    started = time.monotonic()
    with connected(client) as connection, suppress(ConnectionError):
        while time.monotonic() < started + 5:
            connection.sendall(b"G")
            time.sleep(0.05)
    assert time.monotonic() - started < 3


def test_a_second_head_that_does_not_come_whole_is_not_waited_for_either(client):
    with connected(client) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        connection.sendall(HEAD)
        assert read_to_its_end(connection) == b""


def test_whoever_asked_gets_an_answer_that_takes_longer(client):
    assert client.get("/slow").json() == "answered"
    assert client.get("/slow").json() == "answered"


def test_an_answer_that_nobody_reads_is_given_up(client, monkeypatch):
    monkeypatch.setattr(http_patience, "READ_SECONDS", 1.5)  # a busy machine may stand still for a while
    with connected(client) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(3)
        assert 0 < len(read_to_its_end(connection)) < LARGE
    assert len(client.get("/large").content) == LARGE
