"""Stands before every route: size, kind and form of what is posted, and who may ask at all.

In local mode nobody needs a key, so a web page that somebody has open must not be able to ask:
the Host must be loopback (a foreign name could be rebound to it), the Origin must be our own,
and a POST must be application/json, which no form of another site can send.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from policy.problems import MEDIA_TYPE, Problem
from policy.strict_json import require_json

LARGEST_BODY = 1024 * 1024
_DRAINED = 16 * LARGEST_BODY
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

TakesPost = Callable[[Scope], bool]
Note = Callable[[Scope, bytes, Problem], None]


class HttpGuard:
    """ASGI middleware; ``takes_post`` says whether a scope's path has a POST route, and ``note`` hears
    of every body that is not JSON.

    A body is read here, once, and handed on whole, so no route can forget a check.
    """

    def __init__(self, app: ASGIApp, takes_post: TakesPost, note: Note) -> None:
        self._app = app
        self._takes_post = takes_post
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            headers = dict(scope["headers"])
            _require_own_site(headers)
            if scope["method"] == "POST":
                receive = await self._checked(scope, headers, receive)
        except Problem as problem:
            await send_problem(send, problem)
            return
        await self._app(scope, receive, send)

    async def _checked(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        body = await _whole_body(headers, receive)
        if self._takes_post(scope):
            _require_json_type(headers)
            self._require_json(scope, body)
        return _given(body, receive)

    def _require_json(self, scope: Scope, body: bytes) -> None:
        try:
            require_json(body)
        except Problem as problem:
            self._note(scope, body, problem)
            raise


async def send_problem(send: Send, problem: Problem) -> None:
    """Answer with ``problem``."""
    await send_body(send, problem.status, problem.body(), MEDIA_TYPE, problem.headers)


async def send_body(
    send: Send, status: int, body: bytes, kind: str, further: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Answer with ``body``, which is of media type ``kind``."""
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in further.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _require_own_site(headers: dict[bytes, bytes]) -> None:
    host = headers.get(b"host", b"").decode("latin-1")
    if _hostname(host) not in _LOOPBACK:
        raise Problem(403, "foreign-host", "the Host header is not a loopback name; use http://127.0.0.1")
    origin = headers.get(b"origin")
    if origin is not None and urlsplit(origin.decode("latin-1")).netloc != host:
        raise Problem(
            403, "foreign-origin", "the Origin is another site; call the API from outside a browser"
        )


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _require_json_type(headers: dict[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        detail = "a POST must be application/json; send {} where nothing is needed"
        raise Problem(415, "unsupported-media-type", detail)


async def _whole_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The body, at most 1 MiB; more is read to its end, so that the sender gets to hear of it."""
    declared = headers.get(b"content-length", b"0")
    size, parts, more = 0, [], True
    while more and size <= _DRAINED:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= LARGEST_BODY:
            parts.append(part)
        more = message.get("more_body", False)
    if size > LARGEST_BODY or (declared.isdigit() and int(declared) > LARGEST_BODY):
        raise Problem(413, "content-too-large", f"the body is over {LARGEST_BODY} bytes; send less")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` at once, and afterwards whatever the connection says."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def given() -> Message:
        return next(messages, None) or await receive()

    return given
