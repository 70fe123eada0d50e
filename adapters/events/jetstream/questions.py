"""Questions between services that need an answer now: request and reply over NATS, JSON both ways.

No answer is an exception, never a guess: what could not be asked was not measured.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from adapters.events.trace_context import continuing
from policy.canonical import canonical

log = structlog.get_logger(__name__)

Answerer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Answer = tuple[bytes, dict[str, str] | None]

_FAILED = "Trivet-Failed"


class NoAnswer(ConnectionError):
    """Nobody answered in time, or whoever did could not; the text says which."""


class AnswerFailed(NoAnswer):
    """Whoever was asked is there and could not answer; the text says why."""


async def ask(
    client: Client, subject: str, payload: bytes, headers: dict[str, str] | None, seconds: float
) -> dict[str, Any]:
    """One question and its answer; raises ``NoAnswer``, ``AnswerFailed`` or the library's errors."""
    try:
        reply = await client.request(subject, payload, seconds, headers=headers)
    except NoRespondersError:
        raise NoAnswer(f"nobody listens on {subject}; see whether that service is up") from None
    if failure := (reply.headers or {}).get(_FAILED):
        raise AnswerFailed(f"no answer on {subject}: {failure}")
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


async def listen(client: Client, workers: Executor, subject: str, handler: Answerer, queue: str) -> None:
    """Answer questions on ``subject`` in ``workers``, several at a time."""
    running: set[asyncio.Task[None]] = set()

    async def hear(message: Msg) -> None:
        # The library calls back one message after the other; no answer should wait for an earlier one.
        task = asyncio.create_task(_reply(client, workers, handler, message))
        running.add(task)
        task.add_done_callback(running.discard)

    await client.subscribe(subject, queue=queue, cb=hear)
    await client.flush()


async def _reply(client: Client, workers: Executor, handler: Answerer, question: Msg) -> None:
    working: Awaitable[Answer] = asyncio.get_running_loop().run_in_executor(
        workers, _answer, handler, question
    )
    answer, headers = await working
    try:
        await client.publish(question.reply, answer, headers=headers)
    except NatsError as error:
        log.warning("an answer could not be sent", subject=question.subject, error=repr(error))


def _answer(handler: Answerer, question: Msg) -> Answer:
    try:
        with continuing(question.headers):
            return canonical(handler(json.loads(question.data))).encode(), None
    except Exception as error:  # whatever it was, the asker must hear of it and this side must go on
        log.exception("a question could not be answered", subject=question.subject)
        return b"", {_FAILED: _one_line(error)}


def _one_line(error: Exception) -> str:
    """An error as a header can carry it."""
    words = f"{type(error).__name__}: {error}"
    return " ".join(words.split())[:500].encode("ascii", "replace").decode()
