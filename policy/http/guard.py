"""Stands before every route: who asks and in which role; size, kind and form of what is posted.

Where no key is needed, a web page that somebody has open must not be able to ask: the Host must be
one of ours (a foreign name could be rebound to this machine), the Origin must be our own, and a POST
must be application/json, which no form of another site can send.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from policy.access.described import describe_access
from policy.access.gate import Access
from policy.access.routes import Needed, needed_for
from policy.http.headers import secured
from policy.http.strict_json import require_json
from policy.problems import MEDIA_TYPE, Problem

LARGEST_BODY = 1024 * 1024
_DRAINED = 16 * LARGEST_BODY
_POLICY_VIOLATION = 1008

Answers = Callable[[str, str], bool]
Note = Callable[[Scope, bytes, Problem], None]


def guarded(app: FastAPI, access: Access, note: Note | None = None) -> None:
    """Put the guard before every route of ``app`` and say in its description what they need.

    ``note`` hears of every body that is not JSON. Add the guard after any other middleware: what is
    added last stands first. It leaves a ``policy.access.callers.Caller`` in the scope under ``SCOPE``.
    """
    app.add_middleware(HttpGuard, access=access, answers=_answers_of(app), note=note)
    describe_access(app, access.required)


class HttpGuard:
    """ASGI middleware; ``answers`` says whether the application has a route for a method and a path.

    A body is read here, once, and handed on whole, so no route can forget a check. What is noted of
    access is written when the application shuts down.
    """

    def __init__(self, app: ASGIApp, access: Access, answers: Answers, note: Note | None = None) -> None:
        self._app = app
        self._access = access
        self._answers = answers
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, secured(send))
        elif scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                self._access.log.close()
        else:  # no route of the house is a web socket
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = needed_for(scope["method"], scope["path"])
        try:
            headers = dict(scope["headers"])
            _require_own_site(headers, self._access.hosts)
            await self._access.admit(scope, headers.get(b"authorization"), needed)
            self._require_declared(scope, needed)
            if scope["method"] == "POST":
                receive = await self._checked(scope, headers, receive)
        except Problem as problem:
            self._access.audit(scope, problem, needed)
            await send_problem(send, problem)
            return
        await self._app(scope, receive, send)

    def _require_declared(self, scope: Scope, needed: Needed | None) -> None:
        if needed is None and self._answers(scope["method"], scope["path"]):
            detail = "nobody has said who may ask this; declare the route in policy/access/routes.py"
            raise Problem(403, "route-not-declared", detail)

    async def _checked(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        body = await _whole_body(headers, receive)
        if self._answers(scope["method"], scope["path"]):
            _require_json_type(headers)
            self._require_json(scope, body)
        return _given(body, receive)

    def _require_json(self, scope: Scope, body: bytes) -> None:
        try:
            require_json(body)
        except Problem as problem:
            if self._note is not None:
                self._note(scope, body, problem)
            raise


def _answers_of(app: FastAPI) -> Answers:
    @lru_cache(maxsize=128)  # of an application that is complete before it is asked
    def answers(method: str, path: str) -> bool:
        scope = {"type": "http", "method": method, "path": path}
        return any(route.matches(dict(scope))[0] is Match.FULL for route in app.router.routes)

    return answers


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


def _require_own_site(headers: dict[bytes, bytes], hosts: frozenset[str]) -> None:
    host = headers.get(b"host", b"").decode("latin-1")
    if _hostname(host) not in hosts:
        detail = "the Host header is none of this service's names; use http://127.0.0.1 or an allowed name"
        raise Problem(403, "foreign-host", detail)
    origin = headers.get(b"origin")
    if origin is not None and _site(origin.decode("latin-1")) != host:
        raise Problem(
            403, "foreign-origin", "the Origin is another site; call the API from outside a browser"
        )


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _site(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
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
        if message["type"] == "http.disconnect":  # what came is no request, and nobody hears the answer
            raise Problem(400, "body-cut-short", "the connection ended before the body did; send it again")
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
