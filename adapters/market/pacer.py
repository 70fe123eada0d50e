"""Paces a live house: takes each step when its time has come, and looks at the market in between.

The times of steps follow from the calendar, never from when somebody got round to them: what a step causes
is named after its time, so one that was broken off is done again without doing anything twice.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

import structlog

from adapters.market.calendar import TradingCalendar
from adapters.market.live_board import LiveBoard
from adapters.market.schedule import Due, next_after
from adapters.market.steps import OPENING_SETTLES, Step
from policy.ports import Clock

log = structlog.get_logger(__name__)

PacerState = Literal["in-session", "waiting", "failing"]

GRACE = timedelta(seconds=45)
"""How late a step may be taken; after that its prices are gone, and it is passed over."""
_LOOK_SECONDS = 1.0


class Duties(Protocol):
    """What a live house does when it is its time."""

    def step(self, step: Step) -> None:
        """The whole step, from its quotes to its last event; done again, it changes nothing."""
        ...

    def glance(self, at: datetime, session: date) -> None:
        """The book is valued at the newest quotes, between two steps of an open market."""
        ...

    def idle(self, at: datetime) -> None:
        """What is to be done while the market is closed, again and again until it is done."""
        ...


@dataclass(frozen=True, slots=True)
class PacerStatus:
    """Where a live house stands: its last step, the next one, and why the last attempt failed, if it did.

    ``looked_at`` is when it last came round: one that hangs in a step does not.
    """

    state: PacerState
    last: datetime
    next: Due
    looked_at: datetime
    error: str | None = None


class Pacer:
    """Takes steps by ``clock`` and ``calendar`` with what ``board`` holds; never two things at once."""

    def __init__(
        self, calendar: TradingCalendar, board: LiveBoard, clock: Clock, duties: Duties, after: datetime
    ) -> None:
        """``after`` is the time of the last step that has settled; none up to it is taken again."""
        self._calendar = calendar
        self._board = board
        self._clock = clock
        self._duties = duties
        self._delivering = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pacer", daemon=True)
        self._seen: date | None = None
        due = next_after(calendar, after)
        board.expect(due.at)
        self._status = PacerStatus("waiting", after, due, clock.now())

    @property
    def status(self) -> PacerStatus:
        """Where the house stands now."""
        return self._status

    def start(self) -> None:
        """Pace in a thread of its own from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take no further step; returns when the one under way has settled."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def between_steps(self, work: Callable[[], None]) -> None:
        """Do ``work`` while no step is under way; none begins before it is done."""
        with self._delivering:
            work()

    def has_settled_in(self, at: datetime) -> bool:
        """Whether this process has looked at the market that is open at ``at``, so that silence is news.

        It has not right after the bell, before the first quotes are there. True outside sessions.
        """
        session = self._calendar.session_at(at)
        return session is None or self._seen == session.day

    def turn(self) -> float:
        """Do everything that is due now; returns in how many seconds there may be something again.

        What a duty raises is logged and shown; the same step is tried again while that makes sense.
        """
        with self._delivering:
            try:
                self._do_what_is_due()
            except Exception as error:  # the house stays up: the next turn must come
                self._fail(error)
            self._status = replace(self._status, looked_at=self._clock.now())
        ahead = (self._status.next.at - self._clock.now()).total_seconds()
        return _LOOK_SECONDS if self._status.error else min(_LOOK_SECONDS, max(ahead, 0.01))

    def _run(self) -> None:
        while not self._over.is_set():
            self._over.wait(self.turn())

    def _do_what_is_due(self) -> None:
        while (due := self._due(self._clock.now())) is not None and not self._over.is_set():
            self._duties.step(Step(due.at, due.moment, due.session, self._board.news()))
            self._board.told()
            self._seen = due.session
            self._pass(due, last=due.at)
        self._look_on(self._clock.now())

    def _look_on(self, now: datetime) -> None:
        session = self._calendar.session_at(now)
        if session is None:
            self._duties.idle(now)
        else:
            self._duties.glance(now, session.day)
            if now >= session.opens + OPENING_SETTLES:
                self._seen = session.day
        self._status = replace(self._status, state="waiting" if session is None else "in-session", error=None)

    def _due(self, now: datetime) -> Due | None:
        """The next step, where its time has come; those that nobody took in time are passed over."""
        while (due := self._status.next).at <= now:
            if now - due.at <= GRACE or self._is_close_of_ours(due):
                return due
            if due.moment != "tick":
                log.warning(
                    "a moment was missed and is passed over", moment=due.moment, at=due.at.isoformat()
                )
            self._pass(due, last=self._status.last)
        return None

    def _is_close_of_ours(self, due: Due) -> bool:
        """Whether it is the end of a session in which the house took steps: that is always written down."""
        session = self._calendar.latest_before(self._status.last)
        return due.moment == "close" and session is not None and session.day == due.session

    def _pass(self, due: Due, last: datetime) -> None:
        following = next_after(self._calendar, due.at)
        self._board.expect(following.at)
        self._status = replace(self._status, last=last, next=following)

    def _fail(self, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"
        if words != self._status.error:  # told once, however often it is tried
            log.error("a live step failed; it is tried again", error=words, exc_info=error)
        self._status = replace(self._status, state="failing", error=words)
