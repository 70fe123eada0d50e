"""A Valkey of our own on loopback, which speaks Redis: quotes and the clock, nothing that must last."""

import os
from pathlib import Path

import redis

from adapters.servers.child import Command
from adapters.servers.found import valkey_server
from adapters.servers.recipe import Recipe
from adapters.servers.secret import kept_secret, write_private

_SETTINGS = """\
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
"""


def valkey(folder: Path, port: int, log: Path | None = None) -> Recipe:
    """A Valkey with its settings in ``folder``; it keeps nothing on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    password, settings = kept_secret(folder / "password"), folder / "valkey.conf"
    write_private(settings, _SETTINGS.format(port=port, folder=folder, password=password))
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    command = Command(
        words=[valkey_server(), settings], log=log or folder / "log", variables=dict(os.environ)
    )
    return Recipe("valkey", url, port, command, answers=lambda _pid: _answers(url))


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
