"""The one form in which the house writes symbols, whoever it hears them from: ``BRK.B``."""

import re
from functools import lru_cache

_FORM = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:\.[A-Z]{1,3}){0,2}")
_BREAKS = re.compile(r"[-/ .]")
_LONGEST = 32


class NoSymbol(ValueError):
    """A text that is no symbol; the message says what it would have to look like."""


@lru_cache(maxsize=4096)
def house_symbol(text: str) -> str:
    """``text`` as the house writes it: upper case, the share class after a dot, nothing around it.

    ``brk-b``, ``BRK/B``, ``BRK B`` and `` BRK.B `` are all ``BRK.B``. Raises ``NoSymbol`` for anything that
    is not letters and digits with at most two classes behind them.
    """
    if len(text) > _LONGEST:
        raise NoSymbol(f"{text[:_LONGEST]!r}… is too long for a symbol; write one like AAPL or BRK.B")
    found = _BREAKS.sub(".", text.strip()).upper() if text.isascii() else ""
    if not _FORM.fullmatch(found):
        raise NoSymbol(f"{text!r} is no symbol; write one like AAPL or BRK.B")
    return found
