"""The times of feeds: as RFC 3339 and RFC 5322 write them, read without a guess."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ZONE = re.compile(r"(?:Z|UTC?|GMT|[ECMP][SD]T|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_ATOM = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})? ?(Z|z|UTC|GMT|[+-]\d\d:?\d\d)")
_MAIL = re.compile(
    r"(?:[a-z]{3,9},? )?\d{1,2} [a-z]{3,9} (?:\d\d|\d{4}) \d\d?:\d\d(?::\d\d)? "
    r"(?:Z|UTC?|GMT|[ECMP][SD]T|[+-]\d{4})",
    re.IGNORECASE,
)
_FIRST, _LAST = 1990, 2099
_LONGEST = 64


class NoZone(ValueError):
    """A time that does not say where it is that time."""


def feed_time(written: str) -> datetime:
    """The moment ``written``, in UTC; raises ``NoZone``, or ValueError for what is no time."""
    text = " ".join(written[: _LONGEST + 1].split())
    if not _ZONE.search(text) and len(text) <= _LONGEST:
        raise NoZone(f'"{text}" has no time zone')
    try:
        at = _read(text).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not _FIRST <= at.year <= _LAST:
        raise ValueError(f'"{text}" is no time')
    return at


def _read(text: str) -> datetime:
    if found := _ATOM.fullmatch(text):
        day, clock, zone = found.groups()
        return datetime.fromisoformat(f"{day}T{clock}{zone if zone[0] in '+-' else 'Z'}")
    mail = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", text)
    if not _MAIL.fullmatch(mail):
        raise ValueError(text)
    return parsedate_to_datetime(mail.replace("-0000", "+0000"))  # UTC, told by who will not say from where
