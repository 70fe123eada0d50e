"""What befalls a house while it plays: each fault by name, and how it is done to real processes."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import nats
import psycopg
from redis import Redis

from adapters.topology import processes
from tests.flows.apart import Apart
from tests.servers import Server

AWAY_SECONDS = 1.5
"""How long a server is away, or stands still."""


@dataclass(frozen=True)
class World:
    """All processes of the house, and the servers that they stand on."""

    crew: Apart
    postgres: Server
    nats: Server
    valkey: Server


Fault = Callable[[World], None]


def faults() -> Mapping[str, Fault]:
    """Every fault, in the order in which the house suffers them."""
    services = [one.name for one in processes() if one.port is not None and one.name != "screens"]
    return {
        **{f"kill -9 of {name}": _killed(name) for name in services},
        "Postgres killed in the middle of transactions": lambda world: _crashed(world.postgres),
        "NATS killed": lambda world: _crashed(world.nats),
        "Valkey killed": lambda world: _crashed(world.valkey),
        "Valkey flushed": _flushed,
        "Postgres stands still": lambda world: _still(world.postgres),
        "NATS stands still": lambda world: _still(world.nats),
        "the outbox forgets what it has told": _told_again,
        "every event delivered again, the last one first": lambda world: asyncio.run(_again(world.nats.url)),
    }


def _killed(name: str) -> Fault:
    def kill(world: World) -> None:
        killed = world.crew.pid(name)
        world.crew.kill(name)
        await_(lambda: world.crew.pid(name) not in {None, killed}, 30, f"another {name}")

    return kill


def _crashed(server: Server) -> None:
    server.kill()
    time.sleep(AWAY_SECONDS)
    server.start()


def _flushed(world: World) -> None:
    with Redis.from_url(world.valkey.url) as client:
        client.flushall()


def _still(server: Server) -> None:
    """Connections stay open and nobody answers, as on a machine that swaps."""
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(AWAY_SECONDS)
    os.kill(server.pid, signal.SIGCONT)


def _told_again(world: World) -> None:
    with psycopg.connect(world.postgres.url) as connection:
        connection.execute("UPDATE outbox SET delivered = false")


async def _again(url: str) -> None:
    """Publish all that the stream of facts holds once more under new message ids, in reverse."""
    line = await nats.connect(url)
    streams = line.jetstream()
    [facts] = [one.config for one in await streams.streams_info() if "facts" in str(one.config.name).lower()]
    told = (await streams.stream_info(str(facts.name))).state
    reader = await streams.subscribe(">", stream=facts.name, ordered_consumer=True)
    kept = [await reader.next_msg(timeout=5) for _ in range(told.messages)]
    await reader.unsubscribe()
    for place, message in enumerate(reversed(kept)):
        headers = {"Nats-Msg-Id": f"again-{place}"}
        await streams.publish(message.subject, message.data, headers=headers)
    await line.close()
    assert kept, "there was nothing to deliver again"


def await_(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until ``holds()``."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not over after {seconds:g} s: {what}"
        time.sleep(0.1)
