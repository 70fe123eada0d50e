"""How things are said on the screens: verdicts, numbers, times and durations."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

NOTHING = "—"
CENT = Decimal("0.01")
MINUS = "\N{MINUS SIGN}"
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
# Browsers are given links for bare addresses, escaped or not; a sign that is not seen keeps them apart.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_UNSEEN = "\N{WORD JOINER}"
_HIDDEN = "\N{REPLACEMENT CHARACTER}"


def verdict(word: str) -> str:
    """A verdict as Markdown: mark, word and colour, so that none of them stands alone."""
    mark, colour = MARKS.get(word, ("?", "gray"))
    return f":{colour}[**{mark}\u00a0{word}**]"


def plain(text: object) -> str:
    """``text`` with Markdown's own characters escaped: a symbol or a note is never formatting, nor a link."""
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(_UNSEEN, visible(" ".join(str(text).split()))))


def visible(text: str) -> str:
    """``text`` with a mark for each sign that is not seen, yet could turn or hide what is around it."""
    return "".join(sign if sign.isprintable() or sign == "\n" else _HIDDEN for sign in text)


def code(text: object) -> str:
    """``text`` set as code, whatever back quotes it holds."""
    flat = visible(" ".join(str(text).split()))
    longest = max(map(len, re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {flat} {fence}" if longest else f"`{flat}`"


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


def money(dollars: str | Decimal | None) -> str:
    """Dollars with separators and cents, ``$1,012,345.67``, a dash when there are none."""
    if dollars is None:
        return NOTHING
    amount = Decimal(dollars).quantize(CENT)
    return f"{MINUS if amount < 0 else ''}${abs(amount):,.2f}"


def change(dollars: str | Decimal | None) -> str:
    """Dollars won or lost, the sign always said: ``+$310.50``."""
    return f"+{money(dollars)}" if dollars is not None and Decimal(dollars) > 0 else money(dollars)


def shares(qty: str | Decimal) -> str:
    """A number of shares, ``1,200``; a part of a share is shown where there is one."""
    amount = Decimal(qty)
    whole = amount == amount.to_integral_value()
    text = f"{abs(amount):,.0f}" if whole else f"{abs(amount):,f}".rstrip("0")
    return f"{MINUS}{text}" if amount < 0 else text


def rough_percent(fraction: str | float | None) -> str:
    """A measured fraction in per cent, two places: ``12.34 %``; a dash when there is none."""
    return NOTHING if fraction is None else f"{float(fraction) * 100:.2f} %".replace("-", MINUS)


def moment(iso: str | None) -> str:
    """An ISO time as ``2012-05-18 14:30:05 UTC``; a dash when there is none."""
    return NOTHING if iso is None else f"{when(iso):%Y-%m-%d %H:%M:%S} UTC"


def when(iso: str) -> datetime:
    """An ISO time with its zone."""
    return datetime.fromisoformat(iso)


def brief(iso: str) -> str:
    """An ISO time for a line of a list, ``2012-05-18 14:30:05``, in UTC like every time here."""
    return f"{when(iso):%Y-%m-%d %H:%M:%S}"


def duration(span: timedelta) -> str:
    """A positive span: ``2 h 05 min``, ``4 min 10 s``, ``9 s``."""
    seconds = int(span.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def duration_of(seconds: float) -> str:
    """A measured time: ``12 ms``, ``8.25 s``, and from a minute on as ``duration`` says it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60 else duration(timedelta(seconds=seconds))
