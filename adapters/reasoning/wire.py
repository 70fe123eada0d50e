"""What goes over the wire to a model's server and what may come back: bare requests, bounded answers.

The client of OpenAI's library adds headers about this machine, reads keys and organisations from the
environment and follows redirects. Here a request carries what it needs and nothing else.
"""

from collections.abc import AsyncIterator
from typing import cast

import httpx2

from adapters.reasoning.address import ModelAddress

LONGEST_ANSWER = 256 * 1024
"""Bytes of an answer beyond which it is not read on; 700 tokens are a few thousand."""
CONNECT_SECONDS = 3.0
USER_AGENT = "trivet"
_NEEDED = frozenset({"host", "accept", "connection", "content-type", "content-length", "authorization"})
_ADDED = {"user-agent": USER_AGENT, "accept-encoding": "identity", "connection": "close"}
_PLAIN = ("", "identity")


class OverlongAnswer(Exception):
    """The server sends more than an answer can be, or sends it packed."""


def web_client(address: ModelAddress, key: str | None) -> httpx2.AsyncClient:
    """A client for ``address`` that sends ``key``, and no other, and reads at most ``LONGEST_ANSWER`` bytes.

    It follows no redirect: whoever is redirected to has not been named. Nobody asks a proxy for this machine.
    Every request has a connection of its own, since one that lay idle may be gone when it is used.
    """

    async def bare(request: httpx2.Request) -> None:
        for name in set(request.headers) - _NEEDED:
            del request.headers[name]
        request.headers.update(_ADDED)
        request.headers.pop("authorization", None)
        if key is not None:
            request.headers["authorization"] = f"Bearer {key}"

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=not address.is_local,
        event_hooks={"request": [bare], "response": [_bounded]},
    )


async def _bounded(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "") not in _PLAIN:
        raise OverlongAnswer("the answer came packed, which was not asked for")
    response.stream = _Bounded(cast("httpx2.AsyncByteStream", response.stream))


class _Bounded(httpx2.AsyncByteStream):
    """A stream of which only so much is read."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._inner:
            read += len(piece)
            if read > LONGEST_ANSWER:
                raise OverlongAnswer(f"the answer is longer than {LONGEST_ANSWER} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
