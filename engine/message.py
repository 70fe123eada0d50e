"""Reasons filled with values: ``the quote is {market_context.data_age_seconds} old`` in a person's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.tree import Scalar

_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """A reason cut at its slots: text, input, text, input, …, text. Limits are filled in already."""

    texts: tuple[str, ...]
    inputs: tuple[tuple[str, str | None], ...]
    """Name and unit of the input that goes after each text but the last."""

    def fill(self, facts: Mapping[str, Scalar]) -> str:
        """The reason for ``facts``; an input that is missing reads ``absent``."""
        filled = self.texts[0]
        for place, (name, unit) in enumerate(self.inputs, start=1):
            value = facts.get(name)
            filled += ("absent" if value is None else in_words(value, unit)) + self.texts[place]
        return filled


def slots(template: str) -> tuple[str, ...]:
    """The names between braces, in order."""
    return tuple(_SLOT.findall(template))


def compile_message(
    template: str,
    units: Mapping[str, str | None],
    limits: Mapping[str, tuple[Scalar | tuple[Scalar, ...], str | None]],
) -> Message:
    """Cut ``template``, with inputs' units by name and limits' values and units by ``limits.name``."""
    texts, inputs = [""], []
    for index, part in enumerate(_SLOT.split(template)):
        if index % 2 == 0:
            texts[-1] += part
        elif part in limits:
            texts[-1] += in_words(*limits[part])
        else:
            inputs.append((part, units[part]))
            texts.append("")
    return Message(tuple(texts), tuple(inputs))


def in_words(value: Scalar | tuple[Scalar, ...], unit: str | None = None) -> str:
    """``value`` for a person: ``31 s``, ``2 %``, ``0.65``, ``AAPL``, ``yes``; exact, never rounded."""
    if type(value) is float:
        return _number_in_words(repr(value), unit)
    if isinstance(value, tuple):
        return ", ".join(in_words(one, unit) for one in value)
    if isinstance(value, str):
        return value
    return "yes" if value else "no"


def _number_in_words(text: str, unit: str | None) -> str:
    if unit == "fraction":
        return f"{_hundredfold(text)} %"
    return f"{_plain(text)} s" if unit == "seconds" else _plain(text)


def _plain(text: str) -> str:
    """A double's ``repr`` without a needless ``.0`` or, where that stays readable, an exponent."""
    return _positional(Decimal(text)) if "e" in text else text.removesuffix(".0")


def _hundredfold(text: str) -> str:
    """A hundred times the double whose ``repr`` is ``text``, exactly: its point moves by two digits."""
    if not text.startswith("0.") or "e" in text:
        return _positional(Decimal(text) * 100)
    digits = text[2:].ljust(2, "0")
    whole = digits[:2].lstrip("0") or "0"
    return f"{whole}.{digits[2:]}" if len(digits) > 2 else whole


def _positional(number: Decimal) -> str:
    if number and not -7 <= number.adjusted() <= 15:
        return str(number.normalize()).replace("E+", "e").replace("E", "e")
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
