"""How things are said on the screens: verdicts, numbers, times and durations."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

NOTHING = "—"
VERDICTS = ("APPROVE", "REVIEW", "REJECT")
MARKS: Mapping[str, tuple[str, str]] = {
    "APPROVE": ("✔", "blue"),
    "REVIEW": ("◆", "orange"),
    "REJECT": ("✖", "red"),
}
RESULTS: Mapping[str, str] = {
    "hit": "**●\u00a0hit**",
    "unknown": ":orange[**?\u00a0unknown**]",
    "miss": ":gray[○\u00a0miss]",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def verdict(word: str) -> str:
    """A verdict as Markdown: mark, word and colour, so that none of them stands alone."""
    mark, colour = MARKS.get(word, ("?", "gray"))
    return f":{colour}[**{mark}\u00a0{word}**]"


def plain(text: object) -> str:
    """``text`` with Markdown's own characters escaped: a symbol or a note is never formatting."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def code(text: object) -> str:
    """``text`` set as code, whatever back quotes it holds."""
    flat = " ".join(str(text).split())
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"


def value(found: Any) -> str:
    """A fact or limit: ``31``, ``0.65``, ``yes``, ``absent``; numbers exactly, never rounded."""
    if found is None:
        return "absent"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, float) and found.is_integer() and abs(found) < 1e15:
        return str(int(found))
    if isinstance(found, Sequence) and not isinstance(found, str):
        return ", ".join(value(item) for item in found)
    return str(found)


def limit(found: Any, unit: str | None) -> str:
    """A limit with its unit, as the reasons say it: ``30 s``, ``1 %``, ``0.7``."""
    if unit == "fraction" and isinstance(found, float | int):
        return percent(found)
    return f"{value(found)} s" if unit == "seconds" else value(found)


def percent(fraction: float | None) -> str:
    """A fraction of equity in per cent, ``1 %``; a dash when there is none."""
    return NOTHING if fraction is None else f"{round(fraction * 100, 6):g} %"


def moment(iso: str | None) -> str:
    """An ISO time as ``2012-05-18 14:30:05 UTC``; a dash when there is none."""
    return NOTHING if iso is None else f"{when(iso):%Y-%m-%d %H:%M:%S} UTC"


def when(iso: str) -> datetime:
    """An ISO time with its zone."""
    return datetime.fromisoformat(iso)


def duration(span: timedelta) -> str:
    """A positive span: ``2 h 05 min``, ``4 min 10 s``, ``9 s``."""
    seconds = int(span.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
