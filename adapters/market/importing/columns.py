"""Which column of a file is which part of a bar: by its usual names, or as the person says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PRICES = ("open", "high", "low", "close")
NEEDED = ("when", *PRICES, "volume")

_USUAL: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "instrument"),
    "when": ("when", "session", "date", "day", "time", "timestamp", "datetime", "opened_at", "t"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
}


class FileUnfit(Exception):
    """A file, or what was said of it, from which no row can be read; the message names the next step."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a file's columns by what they hold; ``symbol`` is None where the file is of one symbol."""

    names: Mapping[str, str]

    @property
    def symbol(self) -> str | None:
        """The column of symbols, if there is one."""
        return self.names.get("symbol")


def read_said(text: str | None) -> dict[str, str]:
    """``date=Trade Date,open=First`` as what it says; raises ``FileUnfit`` for a part that no bar has."""
    said: dict[str, str] = {}
    for pair in filter(None, (text or "").split(",")):
        part, equals, name = (one.strip() for one in pair.partition("="))
        part = "when" if part in ("date", "time", "session") else part
        if part not in _USUAL or not equals or not name:
            raise FileUnfit(
                f'--columns "{pair.strip()}" does not say which column is which; write PART=NAME with one of '
                f"symbol, date, {', '.join((*PRICES, 'volume'))}"
            )
        said[part] = name
    return said


def find_columns(place: str, header: Sequence[str], said: Mapping[str, str]) -> Columns:
    """The columns of the file ``place``: as ``said``, the others by their usual names in any case.

    Raises ``FileUnfit`` where one is missing, or where several could be meant.
    """
    found = {part: _found(place, header, part, said) for part in _USUAL}
    missing = [part for part in NEEDED if found[part] is None]
    if missing:
        words = ", ".join("date" if part == "when" else part for part in missing)
        raise FileUnfit(
            f"{place} has no column for {words}; it has {', '.join(header) or 'none'}: say which is which, "
            f'as in --columns "{words.split(", ")[0]}={header[0] if header else "NAME"}"'
        )
    return Columns({part: name for part, name in found.items() if name is not None})


def _found(place: str, header: Sequence[str], part: str, said: Mapping[str, str]) -> str | None:
    if part in said:
        if said[part] not in header:
            raise FileUnfit(f'{place} has no column "{said[part]}"; it has {", ".join(header)}')
        if header.count(said[part]) > 1:
            raise FileUnfit(f'{place} has several columns "{said[part]}"; name them apart')
        return said[part]
    names = [name for name in header if name.strip().lower() in _USUAL[part]]
    if len(names) > 1:
        shown = "date" if part == "when" else part
        raise FileUnfit(
            f"{place} has {' and '.join(names)}, each of which could be the {shown}; "
            f'say which it is, as in --columns "{shown}={names[0]}"'
        )
    return names[0] if names else None
