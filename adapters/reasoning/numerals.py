"""Numbers in text: which there are, and whether one of them is held by numbers that were given.

A number is held when rounding a given one to its places gives it, as a fraction, in per cent, in basis points
or in thousands, millions and so on. That is lenient on purpose: it finds inventions, not every coincidence.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

_UNITS = {
    "%": 0.01,
    "percent": 0.01,
    "per cent": 0.01,
    "bp": 0.0001,
    "bps": 0.0001,
    "basis points": 0.0001,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
    "trillion": 1e12,
}
_NUMERAL = re.compile(
    r"(?<!\d)(?<!\d\.)(\d{1,3}(?:,\d{3}){1,6}|\d{1,30}|(?<![\w.])(?=\.\d))(\.\d{1,20})?(e[+-]?\d{1,2})?(?![\d])"
    rf"(?:[\s-]?({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-z]))?",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?:n|NEWS)-[0-9a-f]{12}\b")  # of an item, and of the marks around all of them
# Counts and ordinals ("two of 3 items", "point 2") are words more than numbers.
_SMALL = 12
_LARGE = 10_000


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it stands in a text: ``text``, its absolute ``value``, half of its last place, its unit."""

    text: str
    value: float
    half: float
    unit: float | None

    @property
    def readings(self) -> Iterator[tuple[float, float]]:
        """What it can mean, each with how far a given number may be off: as it stands, and by its unit.

        Without a unit it may be in per cent, as tables have it.
        """
        yield self.value, self.half
        unit = 0.01 if self.unit is None else self.unit
        yield self.value * unit, self.half * unit

    @property
    def is_plain(self) -> bool:
        """Whether it only counts something: a small whole number without a unit."""
        return self.unit is None and self.value <= _SMALL and "." not in self.text


def numerals(text: str) -> Iterator[Numeral]:
    """Every number of ``text``, signs left aside; ids of news items and the name of their fence are none."""
    for found in _NUMERAL.finditer(_NAME.sub(" ", text)):
        whole, places, power, unit = found.groups()
        written = whole.replace(",", "") + (places or "")
        scale = float(f"1{power or ''}")
        yield Numeral(
            text=found[0].strip()[:32],
            value=float(written) * scale,
            half=_half(written) * scale,
            unit=_UNITS[unit.lower()] if unit else None,
        )


def given(text: str) -> frozenset[float]:
    """The numbers that ``text`` gives, each in every reading."""
    return frozenset(value for one in numerals(text) for value, _ in one.readings)


def unheld(text: str, held: Set[float]) -> list[str]:
    """The numbers of ``text`` as they stand there, each once, that no number of ``held`` bears out."""
    found = (one.text for one in numerals(text) if not one.is_plain and not _is_held(one, held))
    return list(dict.fromkeys(found))


def _is_held(one: Numeral, held: Set[float]) -> bool:
    return any(
        abs(number - value) <= half + 1e-9 * abs(value) for value, half in one.readings for number in held
    )


def _half(written: str) -> float:
    """Half of the last place; of a large whole number its zeros at the end are taken for rounded."""
    _, _, places = written.partition(".")
    if places:
        return 0.5 * 10.0 ** -len(places)
    zeros = len(written) - len(written.rstrip("0")) if float(written) >= _LARGE else 0
    return 0.5 * 10.0**zeros
