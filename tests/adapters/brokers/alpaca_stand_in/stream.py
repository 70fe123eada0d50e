"""The stand-in's stream of trade updates: authorisation, listening, binary frames, a script of its own."""

import asyncio
import json
import threading
from typing import Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect


class Stream:
    """Sends what the account tells to every listener, as the test lets it.

    ``mute`` loses what is told, ``twice`` tells everything twice, ``holds`` keeps it until ``release``;
    ``refuses`` lets nobody in; ``text_frames`` is how live would send. ``told`` is everything the account
    said, ``visits`` counts those who came to listen, ``strayed`` those who followed ``sends_to``.
    """

    def __init__(self, keys: tuple[str, str]) -> None:
        self._keys = keys
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[WebSocket, asyncio.Queue[bytes | None]] = {}
        self.mute = self.twice = self.holds = self.refuses = False
        self.text_frames = False
        self.held: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.visits = self.strayed = 0
        self.sends_to = ""
        self.sent = 0
        self._changed = threading.Condition()

    def tell(self, update: dict[str, Any]) -> None:
        """What the account says; from any thread."""
        self.told.append(update)
        if self.mute:
            return
        if self.holds:
            self.held.append(update)
            return
        for _ in range(2 if self.twice else 1):
            self.say(update)

    def say(self, update: dict[str, Any]) -> None:
        """Send ``update`` to whoever listens."""
        self.send(json.dumps({"stream": "trade_updates", "data": update}).encode())

    def send(self, frame: bytes) -> None:
        """Send a frame as it is, sense or not."""
        self.call(self._send, frame)

    def release(self, *, backwards: bool = False) -> None:
        """Say what was held back, in order or from its end."""
        held, self.held, self.holds = self.held, [], False
        for update in reversed(held) if backwards else held:
            self.say(update)

    def drop(self) -> None:
        """Break every connection."""
        self.call(self._send, None)

    def close(self) -> None:
        """Let nobody in any more, and break every connection."""
        self.refuses = True
        self.drop()

    def said(self) -> int:
        """How many updates went out to listeners, everything that was told so far included."""
        done = threading.Event()
        self.call(done.set)
        assert self._loop is None or done.wait(20), "the stand-in does not answer"
        return self.sent

    def call(self, act: Any, *args: Any) -> None:
        """Do something in the server's own thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, *args)

    def wait_for_a_listener(self, visits: int = 1, seconds: float = 20.0) -> None:
        """Wait until somebody has been let in for the ``visits``-th time and is listening."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.visits >= visits, seconds), "nobody listens"

    async def serve(self, line: WebSocket) -> None:
        """One connection, from its authorisation to its end."""
        self._loop = asyncio.get_running_loop()
        if self.sends_to:
            await line.send_denial_response(Response(status_code=307, headers={"Location": self.sends_to}))
            return
        await line.accept()
        try:
            if await self._let_in(line):
                await self._feed(line)
        except WebSocketDisconnect:
            pass
        finally:
            self._listeners.pop(line, None)

    async def stray(self, line: WebSocket) -> None:
        """Where nobody should come."""
        self.strayed += 1
        await line.close()

    async def _let_in(self, line: WebSocket) -> bool:
        asked = (await line.receive_json()).get("data", {})
        known = (asked.get("key_id"), asked.get("secret_key")) == self._keys and not self.refuses
        word = "authorized" if known else "unauthorized"
        await self._answer(line, "authorization", {"status": word, "action": "authenticate"})
        if not known:
            await line.close()
        return known

    async def _feed(self, line: WebSocket) -> None:
        asked = await line.receive_json()
        assert asked["action"] == "listen", asked
        queue = self._listeners[line] = asyncio.Queue()
        await self._answer(line, "listening", asked["data"])
        with self._changed:
            self.visits += 1
            self._changed.notify_all()
        while (frame := await queue.get()) is not None:
            await self._frame(line, frame)
        await line.close(1011)

    def _send(self, frame: bytes | None) -> None:
        for queue in self._listeners.values():
            queue.put_nowait(frame)
        if frame is None:
            self._listeners.clear()
        else:
            self.sent += len(self._listeners)

    async def _answer(self, line: WebSocket, stream: str, content: dict[str, Any]) -> None:
        await self._frame(line, json.dumps({"stream": stream, "data": content}).encode())

    async def _frame(self, line: WebSocket, frame: bytes) -> None:
        if self.text_frames:
            await line.send_text(frame.decode())
        else:
            await line.send_bytes(frame)
