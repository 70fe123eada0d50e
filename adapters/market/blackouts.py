"""When trading pauses for an announced event: decisions of the Fed's committee, and what an operator adds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import yaml

from adapters.market.calendar import Session

FOMC_DAYS = Path(__file__).with_name("fomc-days.yaml")
FOMC = "decision of the Federal Open Market Committee"


class SessionTable(Protocol):
    """The exchange's sessions, as far as windows are measured in them."""

    def between(self, first: date, last: date) -> Iterator[Session]:
        """Sessions from ``first`` to ``last``, both days included, in order."""
        ...


@dataclass(frozen=True, slots=True)
class BlackoutDays:
    """Event days within the years that the list covers; a blackout lasts the whole session."""

    first: date
    last: date
    days: frozenset[date]

    def active_on(self, day: date) -> bool | None:
        """Whether ``day`` is a blackout; None outside the covered years, where nobody can say."""
        return day in self.days if self.first <= day <= self.last else None


@dataclass(frozen=True, slots=True)
class Window:
    """A blackout from ``starts`` to ``ends``, both included, for ``what``.

    It holds every symbol where ``symbol`` is None; ``told_by`` is the file and line that says so.
    """

    what: str
    symbol: str | None
    starts: datetime
    ends: datetime
    told_by: str

    def holds(self, symbol: str, at: datetime) -> bool:
        """Whether ``symbol`` may not be traded at ``at`` for this."""
        return self.symbol in (None, symbol) and self.starts <= at <= self.ends


@dataclass(frozen=True, slots=True)
class Blackouts:
    """The committee's days together with further windows, which can only add to them."""

    days: BlackoutDays
    windows: tuple[Window, ...] = ()

    def active(self, symbol: str, at: datetime) -> bool | None:
        """Whether a blackout holds ``symbol`` at ``at``; None where nobody can say.

        Outside the years that the committee's list covers, quiet cannot be told; a window that holds can.
        """
        if any(window.holds(symbol, at) for window in self.windows):
            return True
        return self.days.active_on(at.date())

    def between(
        self, first: date, last: date, sessions: SessionTable, symbol: str | None = None
    ) -> tuple[Window, ...]:
        """Windows that touch a day from ``first`` to ``last``, by their start; of ``symbol`` if given."""
        added = (one for one in self.windows if one.starts.date() <= last and first <= one.ends.date())
        mine = [one for one in added if symbol is None or one.symbol in (None, symbol)]
        whole = [
            Window(FOMC, None, session.opens, session.closes, FOMC_DAYS.name)
            for session in sessions.between(first, last)
            if session.day in self.days.days
        ]
        return tuple(sorted([*whole, *mine], key=lambda one: (one.starts, one.symbol or "", one.what)))


def read_blackout_days(path: Path = FOMC_DAYS) -> BlackoutDays:
    """The dated list of ``path``; raises ValueError when an entry is no day of the covered years."""
    listed: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    first, last = listed["covers"]["from"], listed["covers"]["to"]
    days = [*listed["scheduled"], *(entry["day"] for entry in listed["unscheduled"])]
    strangers = [day for day in days if not isinstance(day, date) or not first <= day <= last]
    if strangers:
        raise ValueError(f"{path.name} lists {strangers[0]!r}, no day from {first} to {last}; correct it")
    return BlackoutDays(first, last, frozenset(days))
