"""What can go wrong with a request to the stand-in: each fault is played once, on the next that it names."""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.responses import JSONResponse, Response

Act = Callable[[], Awaitable[Response]]


@dataclass(frozen=True)
class Fault:
    """How a request goes wrong; ``does`` says whether the broker does what is asked all the same.

    ``status`` and ``headers`` are the answer's; ``body`` what is sent in place of JSON; with ``cut`` the
    connection breaks in the middle of it, with ``drips`` it comes byte by byte and never ends; ``seconds``
    is how long the answer takes.
    """

    does: bool = True
    status: int | None = None
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    drips: bool = False
    seconds: float = 0.0

    async def play(self, act: Act) -> Any:
        """The answer to a request that would be answered by ``act``."""
        answer = await act() if self.does else JSONResponse({"message": "fault"}, 500)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.status is not None:
            told = self.body if self.body is not None else b'{"code": 0, "message": "scripted"}'
            answer = Response(told, self.status, dict(self.headers), "application/json")
        elif self.body is not None:
            answer = Response(self.body, 200, media_type="application/json")
        return Drip() if self.drips else Cut(answer) if self.cut else answer


class Cut:
    """Sends half of an answer and breaks off."""

    def __init__(self, whole: Response) -> None:
        self._whole = whole

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", str(len(self._whole.body)).encode())]
        await send({"type": "http.response.start", "status": self._whole.status_code, "headers": headers})
        half = self._whole.body[: len(self._whole.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class Drip:
    """Sends a byte every now and then, for as long as anybody waits."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(20):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.05)


NOTHING = Decimal(0)
DRIPS = Fault(drips=True)
HANGS = Fault(seconds=60.0)
LOST = Fault(does=False, seconds=60.0)
GATEWAY_AFTER = Fault(status=504, body=b"upstream timed out")
GATEWAY_INSTEAD = Fault(does=False, status=504, body=b"upstream timed out")
BROKEN = Fault(does=False, status=500)
TOO_MANY = Fault(does=False, status=429)
TOO_MANY_FOR_A_SECOND = Fault(does=False, status=429, headers=(("Retry-After", "1"),))
GARBLED = Fault(body=b'{"id": "904837e3-3b76-')
CUT = Fault(cut=True)
UNAUTHORIZED = Fault(does=False, status=401)
FORBIDDEN = Fault(does=False, status=403)
MOVED = Fault(does=False, status=307, headers=(("Location", "https://api.alpaca.markets/v2/orders"),))


class Script:
    """The faults that wait, by method and path; ``seen`` are the requests that came."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.always: dict[str, Fault] = {}
        self.seen: list[str] = []

    def next(self, request: str, *faults: Fault) -> None:
        """Play ``faults`` on the next requests such as ``POST /v2/orders``, one each."""
        with self._lock:
            self._waiting[request].extend(faults)

    def forget(self) -> None:
        """Play no fault that still waits."""
        with self._lock:
            self._waiting.clear()

    def of(self, request: str) -> Fault | None:
        """The fault that is due for ``request``."""
        with self._lock:
            self.seen.append(request)
            for name, faults in self._waiting.items():
                if faults and request.startswith(name):
                    return faults.popleft()
        return next((fault for name, fault in self.always.items() if request.startswith(name)), None)
