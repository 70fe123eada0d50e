"""The stand-in's stream of market data: greeting, keys, subscription, text frames, a script of its own."""

import asyncio
import json
import threading
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

REFUSED = {"T": "error", "code": 402, "msg": "auth failed"}
FULL = {"T": "error", "code": 406, "msg": "connection limit exceeded"}
SLOW = {"T": "error", "code": 407, "msg": "slow client"}


class MarketStream:
    """Sends what the test says to every listener.

    ``refusal`` is what a listener gets in place of being let in; ``mute`` loses what is told, ``twice`` tells
    everything twice; ``gives`` is how much of a subscription is granted, None for all; ``visits`` counts
    those who came to listen, ``subscribed`` is what they asked for.
    """

    def __init__(self, keys: tuple[str, str]) -> None:
        self._keys = keys
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[WebSocket, asyncio.Queue[str | None]] = {}
        self._changed = threading.Condition()
        self.refusal: dict[str, Any] | None = None
        self.gives: list[str] | None = None
        self.mute = self.twice = False
        self.visits = 0
        self.subscribed: dict[str, Any] = {}

    def tell(self, *messages: dict[str, Any]) -> None:
        """One frame of ``messages``, to whoever listens; from any thread."""
        if not self.mute:
            for _ in range(2 if self.twice else 1):
                self.send(json.dumps(messages))

    def send(self, frame: str) -> None:
        """A frame as it is, sense or not."""
        self._call(self._put, frame)

    def drop(self) -> None:
        """Break every connection."""
        self._call(self._put, None)

    def close(self) -> None:
        """Let nobody in any more, and break every connection."""
        self.refusal = REFUSED
        self.drop()

    def wait_for_a_listener(self, visits: int = 1, seconds: float = 20.0) -> None:
        """Wait until somebody has been let in for the ``visits``-th time and is listening."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.visits >= visits, seconds), "nobody listens"

    async def serve(self, line: WebSocket) -> None:
        """One connection, from its greeting to its end."""
        self._loop = asyncio.get_running_loop()
        await line.accept()
        try:
            await line.send_text('[{"T":"success","msg":"connected"}]')
            if await self._let_in(line):
                await self._feed(line)
        except WebSocketDisconnect:
            pass
        finally:
            self._listeners.pop(line, None)

    async def _let_in(self, line: WebSocket) -> bool:
        asked = await line.receive_json()
        known = (asked.get("key"), asked.get("secret")) == self._keys
        refusal = self.refusal or (None if known else REFUSED)
        answer = refusal or {"T": "success", "msg": "authenticated"}
        await line.send_text(json.dumps([answer]))
        if refusal is not None:
            await line.close()
        return refusal is None

    async def _feed(self, line: WebSocket) -> None:
        asked = await line.receive_json()
        assert asked.pop("action") == "subscribe", asked
        self.subscribed = asked
        given = asked if self.gives is None else dict.fromkeys(asked, self.gives)
        queue = self._listeners[line] = asyncio.Queue()
        await line.send_text(json.dumps([{"T": "subscription", "trades": [], **given}]))
        with self._changed:
            self.visits += 1
            self._changed.notify_all()
        while (frame := await queue.get()) is not None:
            await line.send_text(frame)
        await line.close(1011)

    def _put(self, frame: str | None) -> None:
        for queue in self._listeners.values():
            queue.put_nowait(frame)
        if frame is None:
            self._listeners.clear()

    def _call(self, act: Any, *args: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, *args)
