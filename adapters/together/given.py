"""Servers that the settings name, so that none of our own is started in their place."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from adapters.servers.recipe import ServerFailed
from adapters.settings import Settings

VARIABLES: Mapping[str, str] = {
    "postgres": "TRIVET_DATABASE_URL",
    "valkey": "TRIVET_REDIS_URL",
    "nats": "TRIVET_NATS_URL",
}
"""By which setting a server is given."""
_PORTS = {"postgres": 5432, "valkey": 6379, "nats": 4222}
_PATIENCE_SECONDS = 3.0


def given_servers(settings: Settings) -> dict[str, str]:
    """Name to address of every server given. Raises ``ServerFailed`` when one does not answer.

    Otherwise every process would say the same in its own log.
    """
    urls = (settings.database_url, settings.redis_url, settings.nats_url)
    given = {name: url.get_secret_value() for name, url in zip(VARIABLES, urls, strict=True) if url}
    for name, url in given.items():
        _refuse_silent(name, url)
    return given


def _refuse_silent(name: str, url: str) -> None:
    variable, parts = VARIABLES[name], urlsplit(url)
    if not parts.hostname:
        raise ServerFailed(
            f"{variable} names no server; services apart need {name}: give scheme://host:port or unset it"
        )
    where = (parts.hostname, parts.port or _PORTS[name])
    try:
        socket.create_connection(where, _PATIENCE_SECONDS).close()
    except OSError as error:
        raise ServerFailed(
            f"{variable}: nobody answers at {where[0]}:{where[1]} ({error.strerror or error}); start it, or "
            "unset the variable for one of our own"
        ) from error
