"""The servers that tests and ``trivet up`` start answer, keep what they promise and leave nothing behind."""

import asyncio
import os
import socket
from dataclasses import replace

import nats
import psycopg
import pytest
import redis

from adapters.servers.recipe import ServerFailed
from tests.servers import Server
from tests.servers import own_redis as redis_server


def test_postgres_keeps_a_commit_through_a_kill(own_postgres):
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url, connect_timeout=2)

    own_postgres.restart()

    with psycopg.connect(own_postgres.url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_jetstream_keeps_a_message_through_a_kill(own_nats):
    asyncio.run(_publish(own_nats.url))
    own_nats.kill()

    own_nats.restart()

    assert asyncio.run(_messages(own_nats.url)) == 1


def test_valkey_forgets_with_a_restart(own_redis):
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("a", "1")
        own_redis.restart()
        assert client.get("a") is None


def test_every_test_finds_empty_servers(nats_url, redis_url):
    asyncio.run(_publish(nats_url))
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_a_stopped_server_leaves_no_process(own_redis):
    pid = own_redis.pid
    own_redis.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nobody_gets_in_without_the_password(own_redis, nats_url):
    bare = f"redis://127.0.0.1:{own_redis.recipe.port}/0"
    with redis.Redis.from_url(bare) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with socket.create_connection(("127.0.0.1", int(nats_url.rsplit(":", 1)[1]))) as line:
        line.sendall(b"CONNECT {}\r\nPING\r\n")
        assert b"-ERR 'Authorization Violation'" in _until_closed(line)


def test_a_taken_port_is_told_before_anything_starts(own_redis, tmp_path):
    second = redis_server(tmp_path / "second")
    taken = Server(replace(second.recipe, port=own_redis.recipe.port))
    with pytest.raises(ServerFailed, match="meant for valkey, cannot be used"):
        taken.start()


def test_a_server_that_ends_at_once_says_why(tmp_path):
    server = redis_server(tmp_path / "broken")
    (tmp_path / "broken" / "valkey.conf").write_text("nonsense yes\n")
    with pytest.raises(ServerFailed, match=r"(?s)valkey ended at once .*nonsense"):
        server.start()


def _until_closed(line):
    said = b""
    while more := line.recv(4096):
        said += more
    return said


async def _publish(url):
    line = await nats.connect(url)
    streams = line.jetstream()
    await streams.add_stream(name="KEPT", subjects=["kept"])
    await streams.publish("kept", b"x")
    await line.close()


async def _messages(url):
    line = await nats.connect(url)
    info = await line.jetstream().stream_info("KEPT")
    await line.close()
    return info.state.messages
