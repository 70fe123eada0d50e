"""The reasoner in another process, asked over NATS: patient with a slow model, and with a process that died.

Whoever waits for the events of a step waits a minute, so all askings of one batch together take less. What
has no answer by then has FAILED, and people decide; a service that stays away is waited for once, not by
every batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from time import monotonic, sleep
from typing import Any

import structlog
from pydantic import TypeAdapter

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import Answerer, NoAnswer
from adapters.reasoning.asking import Budget
from adapters.reasoning.model_mind import AT_ONCE
from adapters.settings import Settings
from policy.contracts import ReasoningMemo, SignalCandidate
from policy.opinions import Asked
from policy.ports import HouseContexts, Reasoner

log = structlog.get_logger(__name__)

OPINE = "reasoning.opine"
AWAY = "reasoner-away"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_ON_THE_WAY = 3.0
"""Seconds for a question and its answer beyond those of thinking."""

_ASKED, _MEMOS = "asked", "memos"
_QUESTION = TypeAdapter(list[tuple[SignalCandidate, HouseContexts]])
_ANSWER = TypeAdapter(list[ReasoningMemo])


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a reasoner is asked: ``at_once`` signals in a question, ``batch`` of them in one go.

    An answer is waited for ``answer`` seconds, then asked for again; after ``patience`` seconds nobody is.
    """

    at_once: int = 64
    batch: int = 64
    answer: float = 2.0
    patience: float = 40.0


def waiting_for(settings: Settings) -> Waiting:
    """How to ask the mind that ``settings`` name: a model takes its time, so two rounds of it in one go."""
    if settings.reasoner != "model":
        return Waiting()
    return Waiting(at_once=AT_ONCE, batch=2 * AT_ONCE, answer=Budget().hard + _ON_THE_WAY)


class RemoteReasoner:
    """Implements ``policy.ports.Reasoner`` with the reasoning service over ``line``."""

    def __init__(self, line: NatsLine, waiting: Waiting) -> None:
        self._line = line
        self._waiting = waiting
        self._is_away = False

    def opine(self, asked: Asked) -> Sequence[ReasoningMemo]:
        """One memo on each signal, in their order; FAILED with ``reasoner-away`` where nobody answers."""
        until, step = monotonic() + self._waiting.patience, self._waiting.at_once
        rounds = (asked[first : first + step] for first in range(0, len(asked), step))
        return [memo for some in rounds for memo in self._round(some, until)]

    def _round(self, some: Asked, until: float) -> Sequence[ReasoningMemo]:
        question = {_ASKED: _QUESTION.dump_json(list(some)).decode()}
        tries = count()
        while (left := until - monotonic()) > 0:
            try:
                answer = self._line.request(OPINE, question, min(self._waiting.answer, left))
            except NoAnswer as none:
                log.warning("the reasoner gave no answer", signals=len(some), why=str(none))
                if self._is_away:  # it was waited for in vain: now one look has to do
                    break
                sleep(min(_FIRST_PAUSE * 2 ** next(tries), _LONGEST_PAUSE))
            else:
                self._is_away = False
                return _ANSWER.validate_json(answer[_MEMOS])
        self._is_away = True
        return [_away(signal) for signal, _ in some]


def reasoner_answers(reasoner: Reasoner) -> Mapping[str, Answerer]:
    """What ``RemoteReasoner`` asks, answered by ``reasoner``."""

    def opine(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        memos = reasoner.opine(_QUESTION.validate_json(asked[_ASKED]))
        return {_MEMOS: _ANSWER.dump_json(list(memos)).decode()}

    return {OPINE: opine}


def _away(signal: SignalCandidate) -> ReasoningMemo:
    return ReasoningMemo(
        signal_id=signal.signal_id,
        status="FAILED",
        reason=AWAY,
        reason_text="the reasoning service gave no answer; see whether it is up",
    )
