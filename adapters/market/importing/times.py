"""Reads the day of a session or the time of a minute from what a file says; it leaves what it cannot read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from adapters.market.importing.columns import FileUnfit

EXCHANGE = ZoneInfo("America/New_York")
_ISO_DAY = 10
_ANY_DAY = datetime(2012, 5, 18, 9, 30, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1000, 9998  # within which a time can be told in every zone

Reading = Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Times:
    """How times are written: in which ``zone`` those are that name none, and in which ``pattern``.

    ``pattern`` is one of ``datetime.strptime``; ISO 8601 without it.
    """

    zone: tzinfo | None = None
    pattern: str | None = None

    def day(self, came: object) -> str:
        """The day of a session as ISO text.

        A day is a day; so is midnight, wherever it is. Another time belongs to the day that it then is in
        New York. What is a time of no zone stays as it came, for inspection to object.
        """
        if isinstance(came, str) and len(came) == _ISO_DAY and self.pattern is None and came[4] == "-":
            return came
        at = self._read(came)
        if at is None:
            return self._unread(came)
        if at.timetz().replace(tzinfo=None) == time():
            return at.date().isoformat()
        zoned = at if at.tzinfo or self.zone is None else at.replace(tzinfo=self.zone)
        return str(came) if zoned.tzinfo is None else zoned.astimezone(EXCHANGE).date().isoformat()

    def moment(self, came: object) -> str:
        """The beginning of a minute as ISO text in UTC; as it came where it is of no zone."""
        at = self._read(came)
        if at is None:
            return self._unread(came)
        if at.tzinfo is None and self.zone is not None:
            at = at.replace(tzinfo=self.zone)
        return str(came) if at.tzinfo is None else at.astimezone(UTC).isoformat()

    def _unread(self, came: object) -> str:
        """What inspection objects to; text in another form than was said is not taken for ISO 8601."""
        text = str(came)
        return text if self.pattern is None or not text else f'"{text}" is not as {self.pattern}'

    def _read(self, came: object) -> datetime | None:
        at = self._parsed(came)
        return at if at is not None and _FIRST_YEAR <= at.year <= _LAST_YEAR else None

    def _parsed(self, came: object) -> datetime | None:
        if isinstance(came, datetime):
            return came
        if isinstance(came, date):
            return datetime.combine(came, time())
        try:
            text = str(came).strip()
            return datetime.strptime(text, self.pattern) if self.pattern else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            return None


def pattern_of(text: str | None) -> str | None:
    """The pattern ``text``; raises ``FileUnfit`` for one in which no day could be written."""
    if text is None:
        return None
    try:
        datetime.strptime(_ANY_DAY.strftime(text), text)  # noqa: DTZ007 - only whether it can be read
    except (ValueError, re.error) as error:
        raise FileUnfit(f'--date-format "{text}" is none: {error}; write one such as %d/%m/%Y') from error
    return text


def zone_of(name: str | None) -> tzinfo | None:
    """The zone called ``name``; raises ``FileUnfit`` for one that there is not."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise FileUnfit(f'--zone "{name}" is no zone; write one such as America/New_York or UTC') from error
