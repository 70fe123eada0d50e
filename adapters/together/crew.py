"""All processes together: started in order, kept alive, stopped in the reverse order."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from adapters.together.member import Member, State

STOP_SECONDS = 20.0
"""How long processes have to end well before they are killed."""
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the status: ``address`` has no credentials in it, ``retry_in`` is seconds or None."""

    name: str
    state: str
    pid: int | None
    address: str | None
    restarts: int
    last_code: int | None
    retry_in: float | None
    log: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


class Crew:
    """The members in an order in which each comes after those it waits for."""

    def __init__(self, members: Sequence[Member], clock: Callable[[], float] = time.monotonic) -> None:
        self.members = tuple(members)
        self._clock = clock
        self._by_name = {member.name: member for member in members}

    def look(self) -> None:
        """See to every member once. Raises ``MemberFailed``."""
        now = self._clock()
        for member in self.members:
            member.look(now, self._may_start(member))

    def healthy(self) -> bool:
        """Whether every process is, and every job is done."""
        return all(member.good for member in self.members)

    def rows(self) -> list[Row]:
        """How everything stands."""
        now = self._clock()
        return [_row(member, now) for member in self.members]

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End all, those first that need others; at once as soon as ``hurry()``."""
        for wave in self._waves():
            for member in wave:
                member.ask_to_stop()
            self._await_stop(wave, hurry)

    def _may_start(self, member: Member) -> bool:
        """Whoever is not in the crew was given to it, or is not wanted."""
        return all(self._by_name[name].good for name in member.waits_for if name in self._by_name)

    def _waves(self) -> list[list[Member]]:
        depth: dict[str, int] = {}
        for member in self.members:
            below = (*member.waits_for, *member.asks)
            depth[member.name] = 1 + max((depth.get(name, 0) for name in below), default=0)
        deepest = max(depth.values(), default=0)
        return [[one for one in self.members if depth[one.name] == level] for level in range(deepest, 0, -1)]

    def _await_stop(self, wave: Sequence[Member], hurry: Callable[[], bool]) -> None:
        deadline = self._clock() + STOP_SECONDS
        while not all([member.has_stopped() for member in wave]):  # noqa: C419 - each is to see that it has
            if hurry() or self._clock() > deadline:
                for member in wave:
                    member.kill()
            time.sleep(_PAUSE_SECONDS)


def _row(member: Member, now: float) -> Row:
    waits = member.state is State.DIED
    return Row(
        name=member.name,
        state=member.state.value,
        pid=member.pid,
        address=shown(member.recipe.url) if member.recipe.url else None,
        restarts=member.life.restarts,
        last_code=member.life.last_code,
        retry_in=round(max(member.life.due - now, 0.0), 1) if waits else None,
        log=str(member.recipe.command.log),
    )


def shown(url: str) -> str:
    """``url`` without what opens it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"
