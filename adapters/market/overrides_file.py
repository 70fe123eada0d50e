"""Reads an operator's calendar overrides strictly: they close a session or shorten it, and nothing else.

closed:
  2026-12-09: the exchange's systems are down
closes_early:
  2026-11-25: {at: "13:00", reason: the desk leaves early}
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import TypeVar

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.overrides import EXCHANGE_TIME, NONE, EarlyClose, Overrides
from adapters.settings import UnsafeSettings
from policy.strict_yaml import Located, did_you_mean, read_yaml

_TOP = ("closed", "closes_early")
_EARLY = ("at", "reason")
_FIRST, _LAST = 1960, 2099
SHORTEST = timedelta(hours=1)
"""What a session keeps: its moments come in their order, and what may not be held is left before its end."""
T = TypeVar("T")


class OverridesUnfit(UnsafeSettings):
    """Overrides that cannot be relied on; the text has every fault with its place, a line each."""


@dataclass(frozen=True)
class _Reading:
    """One reading of ``source``: the exchange's calendar, and what was wrong so far."""

    source: str
    exchange: TradingCalendar = field(default_factory=TradingCalendar)
    faults: list[str] = field(default_factory=list)

    def add(self, place: Located, text: str) -> None:
        self.faults.append(f"{self.source}:{place.line}:{place.column} {text}")


def read_calendar(path: Path | None) -> TradingCalendar:
    """The exchange's calendar without what the file at ``path`` takes away; the exchange's own for None.

    Raises ``OverridesUnfit`` where the file cannot be read, has anything else in it than days that are closed
    or close early, or would open or lengthen a session.
    """
    return TradingCalendar(NONE if path is None else _read(path))


def _read(path: Path) -> Overrides:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OverridesUnfit(
            f"{path} cannot be read ({error}); see TRIVET_CALENDAR_OVERRIDES, or unset it"
        ) from error
    return read_overrides(text, str(path))


def read_overrides(text: str, source: str) -> Overrides:
    """The overrides that ``text`` states; nothing at all is no override. Raises ``OverridesUnfit``."""
    if not any(line.partition("#")[0].strip() for line in text.splitlines()):
        return NONE
    root, problems = read_yaml(text, source)
    if root is None or problems:
        raise OverridesUnfit("\n".join(str(problem) for problem in problems))
    reading = _Reading(source)
    top = _mapping(reading, root, "the file", _TOP)
    closed = dict(_days(reading, top.get("closed"), "closed", _closed))
    early = dict(_days(reading, top.get("closes_early"), "closes_early", _early))
    _refuse_both(reading, top.get("closes_early"), closed)
    if reading.faults:
        last = "the house does not start with a calendar that it cannot follow"
        raise OverridesUnfit("\n".join([*reading.faults, last]))
    return Overrides(closed, early)


def _days(
    reading: _Reading,
    stated: Located | None,
    name: str,
    read: Callable[[_Reading, Session, Located], T | None],
) -> Iterator[tuple[date, T]]:
    """What ``stated`` says of each day that it names, where that is sound."""
    for text, value in _mapping(reading, stated, name, None).items():
        place = (stated.keys or {}).get(text, value) if stated else value
        session = _session(reading, place, text)
        found = None if session is None else read(reading, session, value)
        if session is not None and found is not None:
            yield session.day, found


def _session(reading: _Reading, place: Located, text: str) -> Session | None:
    try:
        day = date.fromisoformat(text if len(text) == len("2026-12-09") else "")
    except ValueError:
        reading.add(place, f'"{text}" is no day; write one like 2026-12-09')
        return None
    known = _FIRST <= day.year <= _LAST
    found = next(reading.exchange.between(day, day), None) if known else None
    if found is None:
        reading.add(place, f"the exchange does not trade on {day} anyway; leave it out")
    return found


def _closed(reading: _Reading, session: Session, stated: Located) -> str | None:
    return _reason(reading, stated, str(session.day))


def _early(reading: _Reading, session: Session, stated: Located) -> EarlyClose | None:
    parts = _mapping(reading, stated, str(session.day), _EARLY)
    if missing := [name for name in _EARLY if name not in parts]:
        reading.add(
            stated, f'{session.day} lacks its {" and ".join(missing)}; write {{at: "13:00", reason: …}}'
        )
        return None
    at, reason = _time(reading, parts["at"]), _reason(reading, parts["reason"], "reason")
    if at is None or reason is None:
        return None
    early = EarlyClose(session.day, at, reason)
    if session.opens + SHORTEST <= early.closes < session.closes:
        return early
    opens, closes = (one.astimezone(EXCHANGE_TIME) for one in (session.opens, session.closes))
    reading.add(
        parts["at"],
        f"{at:%H:%M} is no early close of {session.day}, which trades from {opens:%H:%M} to {closes:%H:%M}; "
        "a session can be shortened to an hour at least, or closed, and nothing else",
    )
    return None


def _time(reading: _Reading, stated: Located) -> time | None:
    try:
        found = time.fromisoformat(stated.value if isinstance(stated.value, str) else "")
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or found.second or found.microsecond:
        reading.add(stated, 'at is a time of the exchange\'s clock, such as "13:00"')
        return None
    return found


def _reason(reading: _Reading, stated: Located, name: str) -> str | None:
    if isinstance(stated.value, str) and stated.value.strip():
        return stated.value
    reading.add(stated, f"{name} needs its reason in words")
    return None


def _refuse_both(reading: _Reading, stated: Located | None, closed: Mapping[date, str]) -> None:
    """A day that is closed cannot close early as well."""
    for text, place in ((stated.keys if stated else None) or {}).items():
        if text in {day.isoformat() for day in closed}:
            reading.add(place, f"{text} is closed altogether; leave it out here or there")


def _mapping(
    reading: _Reading, stated: Located | None, name: str, known: tuple[str, ...] | None
) -> Mapping[str, Located]:
    """``stated`` as a mapping, of ``known`` names where those are given; empty where there is none."""
    if stated is None or stated.value is None:
        return {}
    if not isinstance(stated.value, dict):
        reading.add(stated, f"{name} must be a mapping, one 'name: …' a line")
        return {}
    for text, place in (stated.keys or {}).items():
        if known is not None and text not in known:
            meant = (
                did_you_mean(text, known) or f"; it has {' and '.join(known)}, and nothing opens a session"
            )
            reading.add(place, f'"{text}" is unknown here{meant}')
    return stated.value
