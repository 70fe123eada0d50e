"""The reasoning service: a memo on each signal, thought about once, recorded before it is answered."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters.reasoning.mind import Mind, Thought, failed
from adapters.reasoning.record import (
    Recorded,
    Thinker,
    keep,
    memo_of,
    on_record,
    question_hash_of,
    row_of,
)
from policy.contracts import PackSet, ReasoningMemo
from policy.memo_contracts import MemoQuestion
from policy.ports import Clock, Unanswered
from policy.problems import Problem, unavailable
from policy.store import after_commit, reading, writing

log = structlog.get_logger(__name__)

NOT_RECORDED = "not-recorded"
Watch = Callable[[Thought], None]
"""Told of each thought that has been recorded: for counting. Must not raise, must not need the database."""


def unwatched(thought: Thought) -> None:
    """Nobody counts."""


class Reasoning:
    """Memos on signals: idempotent by source and signal, and on record before anybody hears of them."""

    def __init__(self, store: Engine, mind: Mind, clock: Clock, watch: Watch = unwatched) -> None:
        self._store = store
        self._mind = mind
        self._clock = clock
        self._watch = watch
        self._ended = Event()

    def end(self) -> None:
        """Record nothing any more; to be called before the mind's connections are closed.

        A thought that this cuts short says nothing of its signal, which is asked about again.
        """
        self._ended.set()

    def memos(self, source: PackSet, questions: Sequence[MemoQuestion]) -> list[ReasoningMemo]:
        """One memo on each of ``questions``, in their order.

        A signal that has a memo keeps it, whatever is asked by now; a signal of the ``house`` for ever, while
        a caller's must come with the same question. For the ``house`` a memo that could not be recorded is
        FAILED with ``not-recorded``.

        Raises:
            Problem: of ``callers``: 409 ``signal-already-reasoned`` for a signal that came with another
                question, 503 ``not-recorded`` where the store takes nothing.
            Unanswered: it has ended, and there is a signal that has no memo.
        """
        try:
            recorded = self._recorded(source, questions)
        except SQLAlchemyError as error:
            return self._unrecorded(source, questions, error)
        if source == "callers":
            _refuse_other_questions(questions, recorded)
        return [recorded[question.signal.signal_id].memo for question in questions]

    def _recorded(self, source: PackSet, questions: Sequence[MemoQuestion]) -> Mapping[UUID, Recorded]:
        signals = {question.signal.signal_id: question for question in reversed(questions)}
        with reading(self._store) as connection:
            known = on_record(connection, source, signals)
        fresh = [question for signal, question in signals.items() if signal not in known]
        if not fresh:
            return known
        rows = self._thought_about(source, fresh)
        if self._ended.is_set():
            raise Unanswered("the reasoner ends; ask again in a moment")
        with writing(self._store) as connection:
            written = keep(connection, [row for row, _ in rows])
            for thought in (thought for row, thought in rows if row["memo_id"] in written):
                after_commit(connection, partial(self._watch, thought))
            return on_record(connection, source, signals)

    def _thought_about(
        self, source: PackSet, questions: Sequence[MemoQuestion]
    ) -> list[tuple[dict[str, Any], Thought]]:
        at, thinker = self._clock.now(), Thinker(self._mind.name, self._mind.settings)
        thoughts = self._thoughts(questions)
        both = zip(questions, thoughts, strict=True)
        return [(row_of(source, question, thought, thinker, at), thought) for question, thought in both]

    def _thoughts(self, questions: Sequence[MemoQuestion]) -> list[Thought]:
        at_once = min(self._mind.at_once, len(questions))
        if at_once <= 1:
            return [self._think(question) for question in questions]
        with ThreadPoolExecutor(at_once, thread_name_prefix="memo") as pool:
            return list(pool.map(self._think, questions))

    def _think(self, question: MemoQuestion) -> Thought:
        """A mind never raises; one that does after all has failed."""
        try:
            return self._mind.think(question)
        except Exception as error:
            log.exception("a reasoner broke", signal=str(question.signal.signal_id))
            return failed("reasoner-broke", f"the reasoner broke: {type(error).__name__}; see its log")

    def _unrecorded(
        self, source: PackSet, questions: Sequence[MemoQuestion], error: SQLAlchemyError
    ) -> list[ReasoningMemo]:
        words = str(error).splitlines()[0]
        log.error("memos could not be recorded", memos=len(questions), detail=words)
        if source == "callers":
            raise unavailable(NOT_RECORDED, "the memo could not be recorded; ask again") from error
        thought = failed(NOT_RECORDED, "the memo could not be recorded; see the log of the reasoning service")
        return [memo_of(question.signal.signal_id, thought, self._mind.name, None) for question in questions]


def _refuse_other_questions(questions: Sequence[MemoQuestion], recorded: Mapping[UUID, Recorded]) -> None:
    for question in questions:
        signal = question.signal.signal_id
        if recorded[signal].question_hash != question_hash_of(question):
            raise Problem(
                409,
                "signal-already-reasoned",
                f"signal {signal} has a memo on another question; ask under a new signal_id",
            )
