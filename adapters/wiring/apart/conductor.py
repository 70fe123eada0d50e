"""The player conducts: every phase of a step is asked of the service whose it is, until it is answered.

Whoever is asked may have been killed, so nobody's silence is believed to mean that nothing happened.
A service that stays silent longer than the conductor's patience fails the step: the player pauses and
says which one it was, and does the same step again when it is told to go on.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog

from adapters.events.jetstream.consumer import OUTAGES
from adapters.events.jetstream.questions import NoAnswer
from adapters.events.jetstream.settled import settled
from adapters.events.relay import Relay
from adapters.market.steps import Step
from adapters.storage.checkpoints import PLAYER, Checkpoint, save
from adapters.wiring.apart import phases
from adapters.wiring.apart.ground import Ground
from adapters.wiring.apart.seat import DONE
from adapters.wiring.apart.shown import refused_at
from policy.outbox import nothing_undelivered
from policy.ports import Clock, Unanswered
from policy.store import reading

log = structlog.get_logger(__name__)

CONSUMERS = ("policy", "execution", "portfolio")
PATIENCE_SECONDS = 60.0
_ANSWER_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.25

T = TypeVar("T")


@dataclass(frozen=True)
class Ensemble:
    """Implements ``cast.Cast`` with services apart; ``clock`` has the time that the player last told.

    ``kept`` goes with every checkpoint of the player; ``patience`` is in seconds, for each single thing.
    """

    ground: Ground
    relay: Relay
    clock: Clock
    kept: Mapping[str, Any]
    patience: float = PATIENCE_SECONDS
    given_up: threading.Event = field(default_factory=threading.Event)

    def give_up(self) -> None:
        """Wait for nobody any more: the process ends, and the next one does the step again."""
        self.given_up.set()

    def show(self, step: Step) -> Step:
        """The market service inspects the quotes, shows what it lets in, and is asked what that was."""
        if self._ask(phases.SHOW, phases.told(step)) == len(step.quotes) + len(step.closed_bars):
            return step
        refused = self.insist(partial(refused_at, self.ground.line, step.at), "what was let in is not known")
        return refused.taken_from(step)

    def follow(self, step: Step) -> None:
        """The portfolio service is valued at them."""
        self._ask(phases.FOLLOW, phases.told(step))

    def trade(self, step: Step) -> int:
        """The execution service lets its broker trade, and hears it."""
        return 1 + self._ask(phases.TRADE, phases.told(step))

    def catch_up(self, at: datetime) -> None:
        """The portfolio service takes in what was booked."""
        self._ask(phases.CATCH_UP, phases.told_time(at))

    def guard(self, step: Step) -> int:
        """The execution service looks and obeys."""
        return 1 + self._ask(phases.GUARD, phases.told(step))

    def expire(self) -> int:
        """One of the policy services ends reviews whose time is over."""
        return 1 + self._ask(phases.EXPIRE, {})

    def propose(self, step: Step) -> int:
        """The strategy service puts its signals into the outbox."""
        return 1 + self._ask(phases.PROPOSE, phases.told(step))

    def deliver(self) -> None:
        """Events travel, and approvals are followed together, until nothing more follows from anything."""
        while True:
            self._await_silence()
            followed = self._ask(phases.FOLLOW_APPROVALS, {})
            self.catch_up(self.clock.now())
            if not followed and self._is_silent():
                return

    def reconcile(self) -> bool:
        """The execution service compares its books with the broker's."""
        self._ask(phases.RECONCILE, {})
        return True

    def compare(self) -> None:
        """As ``reconcile``, whether or not anything may have changed; to be asked between steps."""
        self._ask(phases.RECONCILE, {phases.ANYWAY: True})

    def write_down(self, step: Step) -> bool:
        """The portfolio service writes down where it stands."""
        self._ask(phases.WRITE_DOWN, phases.told(step))
        return True

    def settle(self, at: datetime) -> None:
        """The player's checkpoint is replaced, with nothing begun."""
        self._keep(at, None)

    def begin(self, settled_at: datetime, at: datetime) -> None:
        """It is on record that the step at ``at`` has begun, after everything up to ``settled_at``."""
        self._keep(settled_at, at)

    def insist(self, work: Callable[[], T], what: str) -> T:
        """Do ``work`` again and again while a server is away; raises ``Unanswered`` when patience is over."""
        waiting, why = _Patience(self.patience, self.given_up), ""
        while waiting.lasts(f"{what}: {why}"):
            try:
                return work()
            except OUTAGES as outage:
                why = str(outage).partition("\n")[0]
                log.warning("a server is away; it is tried again", what=what, why=why)
        raise AssertionError("patience ends by raising")

    def _keep(self, at: datetime, began: datetime | None) -> None:
        state = {**self.kept, "began": None if began is None else began.isoformat()}
        checkpoint = Checkpoint(at, state)
        self.insist(
            lambda: save(self.ground.store, PLAYER, checkpoint), "the step could not be put on record"
        )

    def _ask(self, phase: str, question: Mapping[str, Any]) -> int:
        """What ``phase`` came to; asked again and again until somebody has done it."""
        waiting = _Patience(self.patience, self.given_up)
        why = "it is busy"
        while waiting.lasts(f"{phase} was not done: {why}"):
            try:
                answer = self.ground.line.request(phase, question, timeout=_ANSWER_SECONDS)
            except NoAnswer as none:
                why = str(none)
            else:
                if DONE in answer:
                    return int(answer[DONE])
                why = "the service is busy, or has not begun"
        raise AssertionError("patience ends by raising")

    def _await_silence(self) -> None:
        waiting = _Patience(self.patience, self.given_up)
        while not self._is_silent():
            waiting.lasts(f"events are still on their way to {', '.join(CONSUMERS)}, or in the outbox")

    def _is_silent(self) -> bool:
        """Whether no event is on its way, in hand or in the outbox; carries what is in the outbox."""
        try:
            return settled(self.ground.line, CONSUMERS, self._nothing_to_carry)
        except OUTAGES as outage:
            log.warning("whether events are on their way cannot be seen now", why=repr(outage))
            return False

    def _nothing_to_carry(self) -> bool:
        carried = self.relay.pump()
        with reading(self.ground.store) as connection:
            return not carried and nothing_undelivered(connection)


class _Patience:
    """Waits a little longer each time, and not for ever."""

    def __init__(self, seconds: float, given_up: threading.Event) -> None:
        self._given_up = given_up
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._pause = 0.0

    def lasts(self, complaint: str) -> bool:
        """True after a pause, the first time at once; raises ``Unanswered`` when patience is over."""
        if time.monotonic() + self._pause > self._until:
            raise Unanswered(f"after {self._seconds:g} s {complaint}; see to it, then resume the player")
        if self._given_up.wait(self._pause):
            raise Unanswered(f"the player ends; {complaint}")
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        return True
