"""An HTTP protocol for uvicorn that sends each answer in one piece instead of head and body apart.

Every write of asyncio's transport is a system call and, on loopback, a packet that wakes the reader:
for small answers the second one costs as much as judging the signal.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class OneWriteProtocol(H11Protocol):
    """uvicorn's own h11 protocol on a transport that gathers what is written in one turn of the loop."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start on ``transport``, gathered."""
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]

    def shutdown(self) -> None:
        """As uvicorn does; and an answer that is still to come says that it is the connection's last."""
        super().shutdown()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:  # uvicorn repeats it in the answer
            cycle.scope["headers"] = [*cycle.scope["headers"], CLOSE_HEADER]


class _Gathering:
    """A transport whose writes leave together at the end of the loop's turn, or before it closes."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            together, self._parts = b"".join(self._parts), []
            self._transport.write(together)
