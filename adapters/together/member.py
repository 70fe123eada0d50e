"""One process of the crew: started when it may, watched, started again when it died."""

from dataclasses import dataclass
from enum import Enum

from adapters.servers.child import Child
from adapters.servers.recipe import Recipe

FIRST_DELAY_SECONDS = 0.5
MOST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 30.0
"""After so long in good health the delay before a restart is short again."""
LOOK_SECONDS = 2.0
"""How often a healthy process is asked whether it still is."""
TRIES = 4
"""A process that never became healthy is started so often, then the crew gives up."""


class State(Enum):
    """Where a process stands; the words are what people read."""

    WAITING = "waiting"
    STARTING = "starting"
    HEALTHY = "healthy"
    SILENT = "not ready"
    DIED = "died"
    DONE = "done"
    STOPPED = "stopped"


class MemberFailed(Exception):
    """A process that cannot be brought to health."""


@dataclass(slots=True)
class Life:
    """What is known of a process besides its state; times are seconds of the crew's clock."""

    tries: int = 0
    restarts: int = 0
    delay: float = FIRST_DELAY_SECONDS
    due: float = 0.0
    healthy_since: float | None = None
    looked: float = 0.0
    was_healthy: bool = False
    last_code: int | None = None


class Member:
    """A recipe with its process, started after those it waits for, stopped before them and those it asks.

    ``job``: it is to end by itself, with code 0, and others wait for that.
    """

    def __init__(
        self,
        recipe: Recipe,
        waits_for: tuple[str, ...] = (),
        asks: tuple[str, ...] = (),
        *,
        job: bool = False,
    ) -> None:
        self.recipe, self.waits_for, self.asks, self.job = recipe, waits_for, asks, job
        self.state, self.life = State.WAITING, Life()
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """As in the list of processes."""
        return self.recipe.name

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return self._child.pid if self._child is not None and self._child.ended() is None else None

    @property
    def good(self) -> bool:
        """Whether those who wait for it may start."""
        return self.state in (State.HEALTHY, State.DONE)

    def look(self, now: float, may_start: bool) -> None:
        """Do what is to be done at ``now``: start it, see how it is, or notice that it ended.

        Raises ``MemberFailed`` when a job fails or a process ends again and again before it is healthy.
        """
        if self.state in (State.WAITING, State.DIED):
            if may_start and now >= self.life.due:
                self._start()
        elif self._child is not None and (code := self._child.ended()) is not None:
            self._ended(code, now)
        elif self._is_due(now):
            self._ask(now)

    def ask_to_stop(self) -> None:
        """Ask the process to end, without waiting."""
        if self._child is not None:
            self._child.ask_to_stop()

    def has_stopped(self) -> bool:
        """Whether there is no process any more."""
        if self.pid is not None:
            return False
        self.state = self.state if self.state is State.DONE else State.STOPPED
        return True

    def kill(self) -> None:
        """End the process at once."""
        if self._child is not None:
            self._child.kill()
        self.has_stopped()

    def _start(self) -> None:
        self.life.restarts += self.state is State.DIED
        self.life.tries += 1
        self._child = Child(self.recipe.command)
        self.state = State.STARTING

    def _is_due(self, now: float) -> bool:
        if self.job or self.state is State.DONE:
            return False
        return self.state is not State.HEALTHY or now >= self.life.looked + LOOK_SECONDS

    def _ask(self, now: float) -> None:
        answer = None if self._child is None else self.recipe.answers(self._child.pid)
        if answer is None:  # not known yet
            return
        self.life.looked = now
        if answer:
            self._is_well(now)
        elif self.state is State.HEALTHY:
            self.state, self.life.healthy_since = State.SILENT, None

    def _is_well(self, now: float) -> None:
        if self.state is not State.HEALTHY:
            self.state, self.life.was_healthy, self.life.healthy_since = State.HEALTHY, True, now
        elif self.life.healthy_since is not None and now - self.life.healthy_since > STEADY_SECONDS:
            self.life.delay = FIRST_DELAY_SECONDS

    def _ended(self, code: int, now: float) -> None:
        self.life.last_code, self.life.healthy_since = code, None
        if self.job and code == 0:
            self.state = State.DONE
            return
        if self.job or (self.life.tries >= TRIES and not self.life.was_healthy):
            raise MemberFailed(self._words(code))
        self.state, self.life.due = State.DIED, now + self.life.delay
        self.life.delay = min(self.life.delay * 2, MOST_DELAY_SECONDS)

    def _words(self, code: int) -> str:
        log = self.recipe.command.log
        said = self._child.last_words() if self._child is not None else ""
        return f"{self.name} ended with code {code}; its log {log} ends with: {said or 'nothing'}"
