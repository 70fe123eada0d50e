"""The stream of trade updates: where it did not listen, the broker's lists have to be looked at."""

import json
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection

from adapters.brokers.alpaca.address import Address
from adapters.brokers.alpaca.wire import WireUpdate, read_update
from adapters.listener import LISTENING, Listener, NotListening, Rhythm, said

__all__ = ["LISTENING", "NotListening", "Rhythm", "TradeStream"]

_UPDATES = "trade_updates"


class TradeStream(Listener):
    """Hands every update to ``hear``, and calls ``look`` whenever something may have been missed."""

    whose = "the broker's"

    def __init__(
        self,
        address: Address,
        keys: tuple[str, str],
        rhythm: Rhythm,
        hear: Callable[[WireUpdate], None],
        look: Callable[[], None],
    ) -> None:
        super().__init__(address.stream, rhythm, "alpaca-stream", is_local=address.is_local)
        self._keys = keys
        self._hear = hear
        self._look = look

    def introduce(self, connection: ClientConnection) -> None:
        """Be let in and listened to; what happened before that has to be looked up."""
        key_id, secret = self._keys
        _send(connection, "authenticate", {"key_id": key_id, "secret_key": secret})
        let_in = self._reply(connection, "authorization")
        if let_in.get("status") != "authorized":
            raise NotListening("the keys were not taken")
        _send(connection, "listen", {"streams": [_UPDATES]})
        if _UPDATES not in self._reply(connection, "listening").get("streams", ()):
            raise NotListening("the stream of trade updates is not given")

    def take(self, frame: str | bytes) -> None:
        """Hand on one frame. The paper stream sends its JSON in binary frames, the live one in text."""
        told = said(frame)
        if told.get("stream") == _UPDATES:
            self._hear(read_update(told.get("data")))

    def look(self) -> None:
        """The broker's lists may know more."""
        self._look()

    def _reply(self, connection: ClientConnection, stream: str) -> dict[str, Any]:
        told = said(connection.recv(timeout=self._rhythm.open))
        if not isinstance(told, dict) or told.get("stream") != stream:
            raise NotListening(f"an answer of {stream!r} was awaited and another came")
        content = told.get("data")
        return content if isinstance(content, dict) else {}


def _send(connection: ClientConnection, action: str, content: dict[str, Any]) -> None:
    connection.send(json.dumps({"action": action, "data": content}))
