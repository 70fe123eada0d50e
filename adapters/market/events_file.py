"""An operator's file of further events, read strictly: earnings of a symbol, and what else is announced.

Everything that is wrong is told at once, with file, line and column. The file adds blackouts and can take
none away. A window is measured in minutes of the clock or in sessions of the exchange, half days included.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from adapters.market.blackouts import SessionTable, Window
from adapters.market.calendar import Session
from adapters.market.symbols import house_symbol
from adapters.settings import UnsafeSettings
from policy.strict_yaml import Located, did_you_mean, read_yaml

BEFORE, AFTER = "60 minutes", "1 session"
"""How long before and after an event a blackout lasts, where the file does not say."""
_LISTS = ("earnings", "events")
_FIELDS = ("symbol", "what", "at", "day", "when", "before", "after")
_EDGES: Mapping[str, Callable[[Session], datetime]] = {
    "before-open": lambda session: session.opens,
    "after-close": lambda session: session.closes,
}
_LENGTH = re.compile(r"(0|[1-9][0-9]{0,4}) (minute|session)s?")
_MOST = {"minute": 14_400, "session": 10}
_AROUND = timedelta(days=30)
_FIRST, _LAST = date(1990, 1, 1), date(2099, 12, 31)


class EventsUnfit(UnsafeSettings):
    """A file of events that cannot be relied on; the text has every fault with its place, a line each."""


class _Fault(Exception):
    def __init__(self, place: Located, text: str) -> None:
        super().__init__(text)
        self.place = place


def read_events(path: Path, sessions: SessionTable) -> tuple[Window, ...]:
    """The windows of ``path``, in its order; raises ``EventsUnfit`` with everything that is wrong in it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EventsUnfit(f"{path} cannot be read ({error}); correct TRIVET_EVENTS, or unset it") from error
    root, problems = read_yaml(text, path.name)
    if root is None or problems:
        raise EventsUnfit("\n".join(str(problem) for problem in problems))
    faults: list[str] = []
    windows = [
        window
        for entry in _entries(root, path.name, faults)
        if (window := _noted(partial(_window, entry, path.name, sessions), path.name, faults)) is not None
    ]
    if faults:
        raise EventsUnfit("\n".join([*faults, "nothing is started while an event cannot be read"]))
    return tuple(windows)


def _entries(root: Located, name: str, faults: list[str]) -> Iterator[tuple[str, Located]]:
    lists = root.value if isinstance(root.value, dict) else {}
    if not lists:
        faults.append(f"{name}:{root.line}:{root.column} must hold 'earnings:' or 'events:', each a list")
    for kind, listed in lists.items():
        if kind not in _LISTS or not isinstance(listed.value, list):
            why = did_you_mean(kind, _LISTS) if kind not in _LISTS else ""
            faults.append(f'{name}:{listed.line}:{listed.column} "{kind}" is no list of events{why}')
        else:
            yield from ((kind, entry) for entry in listed.value)


def _noted(read: Callable[[], Window], name: str, faults: list[str]) -> Window | None:
    try:
        return read()
    except _Fault as fault:
        faults.append(f"{name}:{fault.place.line}:{fault.place.column} {fault}")
        return None


def _window(entry: tuple[str, Located], name: str, sessions: SessionTable) -> Window:
    kind, located = entry
    fields = located.value if isinstance(located.value, dict) else {}
    for field, place in (located.keys or {}).items():
        if field not in _FIELDS:
            raise _Fault(place, f'"{field}" is unknown here{did_you_mean(field, _FIELDS)}')
    symbol = _symbol(kind, fields, located)
    what = _what(kind, fields, located)
    told_by = f"{name}:{located.line}"
    if set(fields) & {"at", "day", "when"} == {"day"}:
        session = _session(fields["day"], sessions)
        _refuse_lengths(fields)
        return Window(what, symbol, session.opens, session.closes, told_by)
    moment = _moment(fields, located, sessions)
    starts = _reach(fields.get("before"), BEFORE, moment, sessions, back=True)
    ends = _reach(fields.get("after"), AFTER, moment, sessions, back=False)
    return Window(what, symbol, starts, ends, told_by)


def _symbol(kind: str, fields: Mapping[str, Located], entry: Located) -> str | None:
    if "symbol" not in fields:
        if kind == "earnings":
            raise _Fault(entry, "earnings are of a symbol; write symbol: AAPL")
        return None
    stated = fields["symbol"].value
    if not isinstance(stated, str):  # null and true would pass for symbols of four letters
        raise _Fault(fields["symbol"], 'symbol must be a text; write symbol: AAPL, or "TRUE" in quotes')
    try:
        return house_symbol(stated)
    except ValueError as error:
        raise _Fault(fields["symbol"], str(error)) from error


def _what(kind: str, fields: Mapping[str, Located], entry: Located) -> str:
    if "what" not in fields and kind == "earnings":
        return "earnings"
    what = fields["what"].value if "what" in fields else None
    if not isinstance(what, str) or not 1 <= len(what.strip()) <= 200:
        raise _Fault(fields.get("what", entry), "does not say what the event is; write what: consumer prices")
    return what.strip()


def _refuse_lengths(fields: Mapping[str, Located]) -> None:
    for name in ("before", "after"):
        if name in fields:
            raise _Fault(fields[name], f"{name} goes with a moment; a day alone is its whole session")


def _moment(fields: Mapping[str, Located], entry: Located, sessions: SessionTable) -> datetime:
    """When the event is: ``at`` a time, or at the edge ``when`` of the session of ``day``."""
    if "at" in fields and not {"day", "when"} & set(fields):
        return _time(fields["at"])
    if set(fields) & {"at", "day", "when"} != {"day", "when"}:
        raise _Fault(entry, "needs at: a time, or day: with when: before-open or after-close, or a day alone")
    edge = _EDGES.get(str(fields["when"].value))
    if edge is None:
        raise _Fault(fields["when"], f'"{fields["when"].value}" is neither before-open nor after-close')
    return edge(_session(fields["day"], sessions))


def _time(stated: Located) -> datetime:
    try:
        at = datetime.fromisoformat(str(stated.value))
    except ValueError:
        raise _Fault(stated, f'"{stated.value}" is no time; write one like 2026-10-29T20:30:00Z') from None
    if at.tzinfo is None:
        raise _Fault(stated, f'"{stated.value}" has no time zone; end it with Z for UTC, or with an offset')
    _refuse_far(at.date(), stated)
    return at.astimezone(UTC)


def _session(stated: Located, sessions: SessionTable) -> Session:
    try:
        day = date.fromisoformat(str(stated.value))
    except ValueError:
        raise _Fault(stated, f'"{stated.value}" is no day; write one like 2026-10-29') from None
    _refuse_far(day, stated)
    found = next(sessions.between(day, day), None)
    if found is None:
        raise _Fault(stated, f"the exchange is closed on {day}; name the day of a session")
    return found


def _refuse_far(day: date, stated: Located) -> None:
    if not _FIRST <= day <= _LAST:
        raise _Fault(stated, f'"{stated.value}" is not from {_FIRST} to {_LAST}; correct the year')


def _reach(
    stated: Located | None, default: str, moment: datetime, sessions: SessionTable, *, back: bool
) -> datetime:
    """The other end of a window that begins or ends at ``moment`` and is as long as ``stated``."""
    text = default if stated is None else str(stated.value)
    found = _LENGTH.fullmatch(text)
    if found is None or int(found[1]) > _MOST[found[2]]:
        assert stated is not None, "what is written here can be read"
        raise _Fault(stated, f'"{text}" is no length; write 60 minutes or 1 session, at most 10 sessions')
    count = int(found[1])
    if found[2] == "minute":
        return moment - timedelta(minutes=count) if back else moment + timedelta(minutes=count)
    return _sessions_away(count, moment, sessions, back=back)


def _sessions_away(count: int, moment: datetime, sessions: SessionTable, *, back: bool) -> datetime:
    """The open of the ``count``-th session that opened before ``moment``, or the close of the ``count``-th
    that closes after it."""
    if count == 0:
        return moment
    around = list(sessions.between((moment - _AROUND).date(), (moment + _AROUND).date()))
    if back:
        return [one.opens for one in around if one.opens < moment][-count]
    return [one.closes for one in around if one.closes > moment][count - 1]
