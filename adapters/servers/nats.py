"""A NATS server of our own on loopback, with JetStream on disk."""

import os
import socket
from pathlib import Path

from adapters.servers.child import Command
from adapters.servers.found import nats_server
from adapters.servers.recipe import Recipe
from adapters.servers.secret import kept_secret, write_private

# deploy/nats.conf tells a container the same. By default JetStream acknowledges what it has not synced yet.
SETTINGS = """\
listen: "127.0.0.1:{port}"
server_name: trivet
max_payload: 1MB
authorization {{ user: trivet, password: "{password}" }}
jetstream {{
  store_dir: "{folder}"
  sync_interval: always
  max_memory_store: 64MB
  max_file_store: 4GB
}}
"""


def nats(folder: Path, port: int, log: Path | None = None) -> Recipe:
    """A NATS server with its streams in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    password, settings = kept_secret(folder / "password"), folder / "nats.conf"
    write_private(settings, SETTINGS.format(port=port, folder=folder, password=password))
    url = f"nats://trivet:{password}@127.0.0.1:{port}"
    command = Command(
        words=[nats_server(), "-c", settings], log=log or folder / "log", variables=dict(os.environ)
    )
    return Recipe("nats", url, port, command, answers=lambda _pid: _greets(port))


def _greets(port: int) -> bool:
    """Whether the server says INFO to a newcomer, which it does once JetStream is recovered."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1.0) as line:
            return line.recv(5) == b"INFO "
    except OSError:
        return False
