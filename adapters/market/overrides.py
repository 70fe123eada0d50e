"""What an operator takes away from the exchange's calendar: sessions that are closed, or that close early."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

EXCHANGE_TIME = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class EarlyClose:
    """A session of ``day`` that ends ``at`` a time of the exchange's clock, and why."""

    day: date
    at: time
    reason: str

    @property
    def closes(self) -> datetime:
        """When that is, aware."""
        return datetime.combine(self.day, self.at, EXCHANGE_TIME)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Days on which nothing is traded, each with its reason, and days that end early."""

    closed: Mapping[date, str] = field(default_factory=dict)
    closes_early: Mapping[date, EarlyClose] = field(default_factory=dict)


NONE = Overrides()
