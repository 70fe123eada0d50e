"""Group commit: whoever waits for a decision shares one transaction with all others who wait.

A commit costs the same for one evaluation as for thirty, so a single thread takes everything
that is waiting, decides it in one transaction, and then answers everybody at once.
"""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from policy.evaluate import Answer
from policy.ports import PackUnavailable
from policy.problems import Problem, unavailable
from policy.proposal import Proposal
from policy.refusals import Refusal
from policy.watching.tally import Tally

log = structlog.get_logger(__name__)

_CAPACITY = 2_000
_LARGEST_BATCH = 64
_PATIENCE_SECONDS = 0.0005
_LOOKS = 6
_LONGEST_WAIT_SECONDS = 10.0
_GRACE_SECONDS = 3.0
_LAST_BATCH_SECONDS = 15.0  # three lock time-outs of the store

Decide = Callable[[Sequence[Proposal]], list[Answer]]
Keep = Callable[[Sequence[Refusal]], None]


class _Ticket(NamedTuple):
    """A proposal, how to tell the one who waits (on its event loop, or on its thread), and until when."""

    proposal: Proposal
    future: "asyncio.Future[Answer] | Future[Answer]"
    loop: asyncio.AbstractEventLoop | None
    patience_ends: float


class Writer:
    """The one thread of a process that decides and commits; ``decide`` is called with whole batches.

    No failure is ever an approval: when the store is away, or anything else goes wrong, every
    proposal of the batch is answered with a 503 problem and nothing was recorded. The same goes for
    what waited ten seconds without a batch of its own, or longer than the grace of a process that stops.
    """

    def __init__(self, decide: Decide, keep: Keep, tally: Tally, capacity: int = _CAPACITY) -> None:
        self._decide = decide
        self._keep = keep
        self._tally = tally
        self._capacity = capacity
        self._waiting: queue.SimpleQueue[_Ticket | Refusal | None] = queue.SimpleQueue()
        tally.queue(self._waiting.qsize, capacity)
        self._door = threading.Lock()
        self._closed = False
        self._grace_ends = math.inf
        self._thread = threading.Thread(target=self._run, name="policy-writer", daemon=True)

    def start(self) -> None:
        """Begin to decide what is submitted."""
        self._thread.start()

    def close(self, grace_seconds: float = _GRACE_SECONDS) -> None:
        """Accept nothing more; what is not decided within the grace is answered with 503 instead."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._grace_ends = time.monotonic() + grace_seconds
                self._waiting.put(None)

    def stop(self) -> None:
        """Close, wait until everybody has an answer, end the thread.

        A transaction that never ends is given up after some seconds: it is committed whole or not at
        all, and whoever sends its signals again hears which.
        """
        self.close()
        if self._thread.is_alive():
            self._thread.join(max(0.0, self._grace_ends + _LAST_BATCH_SECONDS - time.monotonic()))
        if self._thread.is_alive():
            log.error("the store did not answer in time; stopping without it")

    async def decide(self, proposal: Proposal) -> Answer:
        """The durable answer to ``proposal``; for coroutines."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._submit(_Ticket(proposal, future, loop, time.monotonic() + _LONGEST_WAIT_SECONDS))
        return await future

    def decide_now(self, proposal: Proposal) -> Answer:
        """The durable answer to ``proposal``; for threads."""
        future: Future[Answer] = Future()
        self._submit(_Ticket(proposal, future, None, time.monotonic() + _LONGEST_WAIT_SECONDS))
        return future.result()

    def note_refusal(self, refusal: Refusal) -> None:
        """Count and record what could not be read; nobody waits for it, so a full queue only counts it."""
        self._tally.refused(refusal.problem.slug)
        if not self._put(refusal.brief()):
            log.warning("a refusal was counted and not recorded", code=refusal.problem.slug)

    def _submit(self, ticket: _Ticket) -> None:
        if self._put(ticket):
            return
        problem = _stopping() if self._closed else _overloaded()
        self._tally.refused(problem.slug)
        raise problem

    def _put(self, item: "_Ticket | Refusal") -> bool:
        """Queue ``item`` unless closed or full; the lock keeps anything from coming after the end mark."""
        with self._door:
            accepted = not self._closed and self._waiting.qsize() < self._capacity
            if accepted:
                self._waiting.put(item)
        return accepted

    def _run(self) -> None:
        open_, company = True, 1
        while open_:
            batch = self._gather(company)
            open_, company = None not in batch, len(batch)
            tickets = self._in_time([one for one in batch if isinstance(one, _Ticket)])
            if tickets:
                _tell(tickets, self._answers([ticket.proposal for ticket in tickets]))
            self._record([one for one in batch if isinstance(one, Refusal)])

    def _gather(self, company: int) -> "list[_Ticket | Refusal | None]":
        """Waits for the first, then takes everything that waits already, up to the end mark.

        Where ``company`` came together the last time, as many are likely on their way: a moment's
        patience spares a commit. A lone caller never waits for others.
        """
        batch = [self._waiting.get()]
        for _ in range(_LOOKS):
            if batch[0] is None or self._waiting.qsize() + 1 >= company:
                break
            time.sleep(_PATIENCE_SECONDS)
        while len(batch) < _LARGEST_BATCH and batch[-1] is not None and not self._waiting.empty():
            batch.append(self._waiting.get())
        return batch

    def _in_time(self, tickets: Sequence[_Ticket]) -> Sequence[_Ticket]:
        """Those that may still be decided; the others are told that they were not."""
        now = time.monotonic()
        late = {id(one) for one in tickets if now >= min(one.patience_ends, self._grace_ends)}
        if not late:
            return tickets
        problem = _stopping() if now >= self._grace_ends else _overloaded()
        for _ in late:
            self._tally.refused(problem.slug)
        _tell([one for one in tickets if id(one) in late], [problem] * len(late))
        return [one for one in tickets if id(one) not in late]

    def _record(self, refused: Sequence[Refusal]) -> None:
        if not refused:
            return
        try:
            self._keep(refused)
        except Exception as error:  # the callers have their answer; the decisions must go on
            log.warning("refusals were counted and not recorded", refusals=len(refused), error=repr(error))

    def _answers(self, proposals: list[Proposal]) -> list[Answer]:
        started = time.perf_counter()
        try:
            answers = _despite_a_stale_connection(self._decide, proposals)
        except Exception as error:  # whatever went wrong, somebody waits and must not be approved
            return self._failed(proposals, error)
        self._tally.committed(len(proposals), time.perf_counter() - started)
        return answers

    def _failed(self, proposals: list[Proposal], error: Exception) -> list[Answer]:
        """One proposal that cannot be recorded must not take the others of its batch with it."""
        if len(proposals) > 1 and not _is_away(error):
            return [answer for proposal in proposals for answer in self._answers([proposal])]
        log.error("no decision could be recorded", waiting=len(proposals), error=repr(error))
        problem = problem_of(error)
        for _ in proposals:
            self._tally.refused(problem.slug)
        return [problem for _ in proposals]


def _overloaded() -> Problem:
    return unavailable("overloaded", "too many requests wait; nothing was decided; send it again later")


def _stopping() -> Problem:
    return unavailable("shutting-down", "the service is stopping; nothing was decided; send it again later")


def problem_of(error: Exception) -> Problem:
    """What a caller is told when a failure of ours kept a decision from being made or read."""
    if _is_away(error):
        return unavailable(
            "database-unavailable", "the store does not answer, so nothing was decided; send it again"
        )
    if isinstance(error, PackUnavailable):
        return unavailable("pack-unavailable", f"nothing was decided: {error}")
    if isinstance(error, ConnectionError):
        return unavailable("unanswered", f"nothing was decided: {error}")
    return unavailable("evaluation-failed", "nothing was decided because of an internal failure; see the log")


def _is_away(error: Exception) -> bool:
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _despite_a_stale_connection(decide: Decide, proposals: list[Proposal]) -> list[Answer]:
    """Once more when a pooled connection turns out dead: claims make the repeat harmless."""
    try:
        return decide(proposals)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return decide(proposals)


def _tell(batch: Sequence[_Ticket], answers: Sequence[Answer]) -> None:
    """Answer everybody, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Answer]]] = {}
    for ticket, answer in zip(batch, answers, strict=True):
        if isinstance(ticket.future, Future):
            ticket.future.set_result(answer)
        elif ticket.loop is not None:
            loops.setdefault(ticket.loop, []).append((ticket.future, answer))
    for loop, told in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, told)
        except RuntimeError:  # the loop has closed: nobody waits there any more
            log.warning("decisions were recorded after their callers had gone", decisions=len(told))


def _resolve(told: Sequence[tuple["asyncio.Future[Answer]", Answer]]) -> None:
    for future, answer in told:
        if not future.done():
            future.set_result(answer)
