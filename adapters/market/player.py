"""Plays steps one after another: by itself at a pace, or one at a time when asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import structlog

from adapters.market.steps import Step

log = structlog.get_logger(__name__)

PlayerState = Literal["playing", "paused", "done"]
OnStep = Callable[[Step], None]

# Ten seconds a step, a minute a session: a signal of the morning can be answered before the close.
DEFAULT_SPEED = 0.1
FASTEST = 1000.0


class PlayerDone(Exception):
    """There is no further step to deliver."""


class PlayerClock:
    """The time a played market goes by: it stands at the last step delivered and jumps to the next."""

    def __init__(self, start: datetime, tell: Callable[[datetime], None] = lambda _: None) -> None:
        """``tell`` is told every new time first; where it raises, the clock stays where it was."""
        self._now = start
        self._tell = tell

    def now(self) -> datetime:
        """The time of the last step that was delivered, aware UTC."""
        return self._now

    def jump(self, at: datetime) -> None:
        """Moves on to ``at``; raises ValueError when that is in the past."""
        if at < self._now:
            raise ValueError(f"the player's clock stands at {self._now} and cannot go back to {at}")
        self._tell(at)
        self._now = at


@dataclass(frozen=True, slots=True)
class PlayerStatus:
    """Where the player is. ``speed`` is in steps per second; ``error`` is why it paused by itself."""

    time: datetime
    state: PlayerState
    speed: float
    session: date | None
    error: str | None = None


class Player:
    """Delivers steps to ``on_step``, never two at once.

    A step counts as delivered when ``on_step`` has returned. If it raises, the player pauses, shows
    the error in its status, and delivers the same step again when it is told to go on.
    """

    def __init__(
        self,
        steps: Iterator[Step],
        on_step: OnStep,
        clock: PlayerClock,
        speed: float = DEFAULT_SPEED,
        before_step: Callable[[], None] = lambda: None,
    ) -> None:
        """``before_step`` runs while the clock still stands at the step before."""
        self._steps = steps
        self._next = next(steps, None)
        self._on_step = on_step
        self._before_step = before_step
        self._clock = clock
        state: PlayerState = "paused" if self._next else "done"
        self._status = PlayerStatus(clock.now(), state, checked_speed(speed), None)
        self._delivering = threading.RLock()
        self._changed = threading.Condition()
        self._stopped = False

    @property
    def status(self) -> PlayerStatus:
        """The state as it is now."""
        return self._status

    def resume(self) -> PlayerStatus:
        """Plays on by itself; a player that is done stays so."""
        return self._change_unless_done(state="playing", error=None)

    def pause(self) -> PlayerStatus:
        """Stands still, and the clock with it, once the step under way has settled."""
        status = self._change_unless_done(state="paused")
        with self._delivering:
            return replace(self._status, state=status.state)

    def set_speed(self, speed: float) -> PlayerStatus:
        """Steps per second from now on; raises ValueError unless it lies in (0, 1000]."""
        return self._change(speed=checked_speed(speed))

    def step(self) -> PlayerStatus:
        """Delivers the next step and returns when everything it caused has settled.

        Raises ``PlayerDone`` when there is none, and whatever ``on_step`` raises.
        """
        with self._delivering:
            if self._next is None:
                raise PlayerDone("the last step has been played; start again to play more")
            self._deliver(self._next)
            self._next = next(self._steps, None)
            return self._status if self._next else self._change(state="done")

    def between_steps(self, work: Callable[[], None]) -> None:
        """Do ``work`` while no step is under way; none begins before it is done."""
        with self._delivering:
            work()

    def play(self) -> None:
        """Plays until ``stop``, at the pace of ``speed`` while it is not paused; run it in a thread."""
        while self._wait_until_playing():
            # The error is in the log and in the status, and the player waits for a person.
            with suppress(Exception):
                self._step_if_playing()
            self._wait_for_pace()

    def play_through(self) -> None:
        """Plays every step that is left without a pause, in the calling thread; raises what a step raises."""
        with suppress(PlayerDone):
            while True:
                self.step()

    def stop(self) -> None:
        """Ends ``play`` after the step under way; returns when that has settled."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        with self._delivering:
            return

    def _step_if_playing(self) -> None:
        with self._delivering:
            if self._status.state == "playing" and not self._stopped:
                self.step()

    def _deliver(self, step: Step) -> None:
        try:
            self._before_step()
            self._clock.jump(step.at)
            self._change(time=step.at, session=step.session, error=None)
            self._on_step(step)
        except Exception as error:
            log.exception("a step failed", at=step.at.isoformat(), moment=step.moment)
            self._change(state="paused", error=f"{type(error).__name__}: {error}")
            raise

    def _wait_until_playing(self) -> bool:
        """Waits for the state ``playing``; False once the player was stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._status.state == "playing")
            return not self._stopped

    def _wait_for_pace(self) -> None:
        """Waits out the time between two steps; a change of speed or state starts the wait anew."""
        with self._changed:
            while self._changed.wait(timeout=1 / self._status.speed):
                if self._stopped or self._status.state != "playing":
                    return

    def _change_unless_done(self, **changes: object) -> PlayerStatus:
        with self._changed:
            return self._status if self._status.state == "done" else self._change(**changes)

    def _change(self, **changes: object) -> PlayerStatus:
        with self._changed:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()
            return self._status


def checked_speed(speed: float) -> float:
    """``speed`` if it is a pace the player can keep, in steps per second; else ValueError."""
    if not 0 < speed <= FASTEST:  # also false for NaN
        raise ValueError(f"speed is in steps per second, above 0 and at most {FASTEST:g}, not {speed!r}")
    return speed
