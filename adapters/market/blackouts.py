"""The days on which trading pauses for an announced event: decisions of the Federal Open Market Committee."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

FOMC_DAYS = Path(__file__).with_name("fomc-days.yaml")


@dataclass(frozen=True, slots=True)
class BlackoutDays:
    """Event days within the years that the list covers; a blackout lasts the whole session."""

    first: date
    last: date
    days: frozenset[date]

    def active_on(self, day: date) -> bool | None:
        """Whether ``day`` is a blackout; None outside the covered years, where nobody can say."""
        return day in self.days if self.first <= day <= self.last else None


def read_blackout_days(path: Path = FOMC_DAYS) -> BlackoutDays:
    """The dated list of ``path``; raises ValueError when an entry is no day of the covered years."""
    listed: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    first, last = listed["covers"]["from"], listed["covers"]["to"]
    days = [*listed["scheduled"], *(entry["day"] for entry in listed["unscheduled"])]
    strangers = [day for day in days if not isinstance(day, date) or not first <= day <= last]
    if strangers:
        raise ValueError(f"{path.name} lists {strangers[0]!r}, no day from {first} to {last}; correct it")
    return BlackoutDays(first, last, frozenset(days))
