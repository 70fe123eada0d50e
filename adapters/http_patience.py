"""Ends connections whose other side neither asks nor reads: each would hold a place for ever."""

import asyncio

from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from adapters.one_write import OneWriteProtocol

HEAD_SECONDS = 10.0
"""How long the head of a request may take to come, from the connection or from its first byte."""

READ_SECONDS = 10.0
"""How long nothing of an answer may be read while it waits for its reader."""


class PatientProtocol(OneWriteProtocol):
    """A connection that is closed ``HEAD_SECONDS`` after nobody asked, ``READ_SECONDS`` after nobody read.

    uvicorn's own time-out runs between an answer and the first byte of the next request, and at no
    other time. A body that does not come is the business of ``policy.http.body_deadline``.
    """

    _asking: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._asking = self.loop.call_later(HEAD_SECONDS, self._nobody_asks)

    def data_received(self, data: bytes) -> None:
        """Go on waiting from the first byte of a head; whatever trickles in makes it no later."""
        super().data_received(data)
        if self._is_asked():
            self._asked()
        elif self._asking is None:
            self._asking = self.loop.call_later(HEAD_SECONDS, self._nobody_asks)

    def pause_writing(self) -> None:
        """More is written than the other side takes."""
        super().pause_writing()
        self._reading = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The other side reads again."""
        super().resume_writing()
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self._asked()
        self._read()

    def _is_asked(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _asked(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _nobody_asks(self) -> None:
        if not self._is_asked():
            self.transport.close()
