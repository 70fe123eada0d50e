"""Watchers at work: what they read trips a stop, and so does one of them that cannot read.

1. The session's loss, the market's silence and open differences to the broker are read, each by itself.
2. What cannot be read, for whatever reason but that another process gives no answer, halts everything.
3. What is past its limit, and not what a person has re-armed in full knowledge of, trips its stop.

A process that gives no answer is no failure yet: its heartbeat is counted, and trips when it is missed. So
whatever needs no answer is judged all the same.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from adapters.execution.controls.trial import Bounds
from adapters.execution.parts import Parts
from adapters.execution.stopping.heartbeats import Heartbeats
from adapters.execution.stopping.marks import Marks, drop_marks, mark_of, put_marks, read_marks
from adapters.execution.stopping.watchers import (
    FAILED,
    Reading,
    is_worse,
    of_differences,
    of_heartbeat,
    of_losses,
    of_silence,
    trips,
)
from adapters.execution.unexplained import oldest_unexplained
from policy.ports import Unanswered
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.standing import StopsInForce, stops_in_force
from policy.store import reading, writing

log = structlog.get_logger(__name__)

BY = "execution"


@dataclass(frozen=True, slots=True)
class Looked:
    """One look: how many stops it tripped, and whether any stands now."""

    tripped: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one transaction says beside what is watched: limits, differences and stops.

    ``at`` is the moment that is judged. The player may move the clock on while others are asked: what they
    tell is newer then, never older.
    """

    at: datetime
    bounds: Bounds
    differs_since: datetime | None
    stops: StopsInForce


Watcher = Callable[[_Scene], Iterator[Reading]]


class Watching:
    """The watchers over the books of ``parts``; ``heart`` has the pulse of other processes."""

    def __init__(self, parts: Parts, heart: Heartbeats) -> None:
        self._parts = parts
        self._heart = heart
        self._one_look = threading.Lock()
        self._looked_at: datetime | None = None
        self._complaint = ""
        self._marked = True  # what earlier processes left is not known yet

    def look(self) -> Looked:
        """Let every watcher look once, as things stand at this moment of the house's clock.

        Raises ConnectionError when another process has to be asked and does not answer, which trips nothing.
        """
        at = self._parts.clock.now()
        looked = self._look(at, (self._losses, self._silence, self._differences))
        self._looked_at = at
        return looked

    def look_between(self, *, settled: bool = False) -> Looked:
        """The same in real time, with the heartbeats; while a step is under way those alone.

        In the middle of a step time has moved on and the market has not yet, which is no silence. Unless it
        is known to have ``settled``, it counts as under way until they have looked in it.
        """
        self._heart.listen()
        try:
            at = self._parts.clock.now()
        except Unanswered:  # nobody knows the house's time: what goes by real time is left
            return self._look(self._heart.now(), (self._heartbeats,))
        stands = settled or self._looked_at == at
        of_books = (self._losses, self._silence, self._differences) if stands else ()
        return self._look(at, (self._heartbeats, *of_books))

    def _look(self, at: datetime, watchers: Sequence[Watcher]) -> Looked:
        with self._one_look:
            return self._looked(at, watchers)

    def _looked(self, at: datetime, watchers: Sequence[Watcher]) -> Looked:
        try:
            scene = self._scene_of_two_tries(at)
        except Exception as error:  # without limits or marks nothing can be watched
            return self._failed("limits", error)
        readings: list[Reading] = []
        silent: ConnectionError | None = None
        for watcher in watchers:
            try:
                readings += watcher(scene)
            except ConnectionError as none:
                silent = none
            except Exception as error:  # whatever it is: what cannot be watched must not go on
                return self._failed(watcher.__name__.strip("_"), error)
        self._complaint = ""
        looked = self._judge(scene, readings)
        if silent is not None:
            raise silent
        return looked

    def _scene_of_two_tries(self, at: datetime) -> _Scene:
        """A connection that was dropped says nothing of what is on record; the next one is new."""
        try:
            return self._scene(at)
        except Exception as lost:
            log.warning("what is watched could not be read; it is tried once more", why=repr(lost))
            return self._scene(at)

    def _scene(self, at: datetime) -> _Scene:
        with reading(self._parts.store) as connection:
            return _Scene(
                at=at,
                bounds=self._parts.bounds(connection),
                differs_since=oldest_unexplained(connection),
                stops=stops_in_force(connection),
            )

    def _losses(self, scene: _Scene) -> Iterator[Reading]:
        return of_losses(self._parts.account.day(), scene.bounds)

    def _silence(self, scene: _Scene) -> Iterator[Reading]:
        """Both the market's last quote and the book's last look at one are signs that it is heard."""
        market = self._parts.market
        if not market.is_open(scene.at):
            return
        quoted_at, day = market.last_quoted(), self._parts.account.day()
        if quoted_at is None:
            raise LookupError("the market is open and no symbol was ever quoted")
        known_at = quoted_at if day is None else min(quoted_at, day.as_of)
        yield of_silence(known_at, scene.at, scene.bounds)

    def _differences(self, scene: _Scene) -> Iterator[Reading]:
        return of_differences(scene.differs_since, scene.at, scene.bounds)

    def _heartbeats(self, scene: _Scene) -> Iterator[Reading]:
        if (silent := self._heart.most_silent()) is not None:
            yield of_heartbeat(*silent, self._heart.now(), scene.bounds)

    def _judge(self, scene: _Scene, readings: Sequence[Reading]) -> Looked:
        """Trip what is due; with nothing past its limit and nothing marked, nothing is read or written."""
        if not self._marked and not any(one.is_past for one in readings):
            return Looked(0, bool(scene.stops))
        with reading(self._parts.store) as connection:
            marks = read_marks(connection)
        due = [one for one in readings if _is_due(one, scene.stops, marks)]
        over = [one for one in readings if not one.is_past and mark_of(marks, one) is not None]
        self._marked = bool(marks or due)
        if due or over:
            self._trip(due, over)
        return Looked(len(due), bool(scene.stops) or bool(due))

    def _trip(self, due: Sequence[Reading], over: Sequence[Reading]) -> None:
        stops = self._parts.stops
        with writing(self._parts.store) as connection:
            drop_marks(connection, over)
            put_marks(connection, due, stops.now(connection))
            for one in due:
                stops.trip(
                    one.scope, one.state, cause=one.cause, by=BY, note=one.words, connection=connection
                )
        for one in due:
            log.error("a watcher has tripped", scope=str(one.scope), cause=one.cause, why=one.words)

    def _failed(self, what: str, error: Exception) -> Looked:
        """Everything is halted, each time anew: nobody can re-arm what nobody can watch."""
        if self._complaint != (complaint := f"{what}: {error!r}"):
            log.error("a watcher cannot look", watcher=what, error=repr(error), exc_info=error)
            self._complaint = complaint  # told once, however often it looks
        note = f"the watcher of {what} failed ({type(error).__name__}: {error}); mend it, then re-arm"
        self._parts.stops.trip(EVERYTHING, StopState.HALTED, cause=FAILED, by=BY, note=note)
        return Looked(1, stopped=True)


def _is_due(reading: Reading, stops: StopsInForce, marks: Marks) -> bool:
    """Past its limit and, while its scope is stopped, worse than marked; else so much worse that it trips."""
    mark = mark_of(marks, reading)
    if stops.at(reading.scope) is None:
        return trips(reading, mark)
    return reading.is_past and is_worse(reading, mark)
