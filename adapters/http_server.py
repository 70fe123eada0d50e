"""How an application is served: on a bound socket, until a signal, with an answer for whoever was heard."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from adapters.http_patience import PatientProtocol
from adapters.memory import settle

_ANSWER_SECONDS = 12
_MOST_CONNECTIONS = 4_096


def serve(app: FastAPI, listener: socket.socket, stopping: Callable[[], None] = lambda: None) -> None:
    """Serve ``app`` on ``listener`` until SIGTERM or SIGINT.

    Then no connection is taken any more, ``stopping`` is called, and requests that were heard get their
    answer; whatever has none after twelve seconds is cut off. Addresses are those of the connections:
    a header that claims another one is not believed.
    """
    settle()
    signal.signal(signal.SIGTERM, _interrupt)  # uvicorn raises what it caught anew once it has stopped
    with suppress(KeyboardInterrupt):
        _Server(configured(app), stopping).run(sockets=[listener])


def configured(app: FastAPI, **further: Any) -> uvicorn.Config:
    """uvicorn's settings for every server of the house, and ``further`` ones."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_ANSWER_SECONDS,
        limit_concurrency=_MOST_CONNECTIONS,  # the last resort; requests have their own limit
        http=PatientProtocol,
        server_header=False,
        proxy_headers=False,
        **further,
    )


class _Server(uvicorn.Server):
    """uvicorn's own, which says beforehand that it is going to stop."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, after word has been given."""
        self._stopping()
        await super().shutdown(sockets)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
