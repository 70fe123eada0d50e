"""Headers that every answer carries, so that no browser makes more of it than it is."""

from starlette.types import Message, Send

NOTHING_LOADS = "default-src 'none'; frame-ancestors 'none'"
"""The content security policy of an answer that is no page."""

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
]
_CSP = b"content-security-policy"
_NO_PAGE = [*_ALWAYS, (_CSP, NOTHING_LOADS.encode())]
SECURITY_HEADERS = {name.decode(): value.decode() for name, value in _NO_PAGE}


def secured(send: Send) -> Send:
    """A ``send`` that adds the headers; an answer that has a content security policy keeps its own."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = any(name == _CSP for name, _ in message["headers"])
            message["headers"] = [*message["headers"], *(_ALWAYS if own else _NO_PAGE)]
        await send(message)

    return with_headers
