"""The ``inputs`` and ``limits`` sections of a pack, checked one entry at a time."""

import re
from typing import Any

from engine.declarations import Input, Limit, type_of
from engine.pack import Place
from engine.shape import Section
from engine.strict_yaml import Located
from engine.tree import Scalar
from engine.typing_rules import RESERVED

PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
LIMIT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LIMIT_KEYS = ("value", "unit")
_EVERY_TYPE = ("type", "absent", "source")
INPUT_KEYS: dict[str, tuple[str, ...]] = {
    "number": (*_EVERY_TYPE, "unit", "min", "max", "direction"),
    "string": (*_EVERY_TYPE, "one_of", "min_length", "max_length"),
    "boolean": _EVERY_TYPE,
}
_EVERY_KEY = tuple(dict.fromkeys(key for keys in INPUT_KEYS.values() for key in keys))


def read_inputs(root: Section, places: dict[str, Place]) -> dict[str, Input]:
    """Every input that could be read; their places go into ``places`` as ``inputs.name``."""
    section = root.section("inputs", required=True)
    inputs = {}
    for name, at in section.items() if section else ():
        places[f"inputs.{name}"] = Place(at.line, at.column)
        _check_path(section, name)
        one = _read_input(name, Section(at, f"input {name}", root.notes, _EVERY_KEY))
        if one is not None:
            inputs[name] = one
    return inputs


def _check_path(section: Section | None, name: str) -> None:
    assert section is not None
    words = set(name.split("."))
    if not PATH.fullmatch(name):
        section.notes.add(
            section.key(name), "P310", f"'{name}' cannot be read in a condition; write words and dots"
        )
    elif words & RESERVED:
        word = min(words & RESERVED)
        section.notes.add(
            section.key(name), "P310", f"input {name} uses the reserved word '{word}'; rename it"
        )


def _read_input(name: str, section: Section) -> Input | None:
    kind = section.one_of("type", tuple(INPUT_KEYS), required=True)
    if kind is None:
        return None
    for key in section.entries:
        if key in _EVERY_KEY and key not in INPUT_KEYS[kind]:
            section.notes.add(
                section.key(key), "P311", f"{section.name} is a {kind}; {key} does not go with it"
            )
    values: dict[str, Any] = {
        "unit": section.text("unit"),
        "minimum": section.number("min"),
        "maximum": section.number("max"),
        "one_of": _words(section),
        "min_length": section.whole("min_length"),
        "max_length": section.whole("max_length"),
        "absent": section.one_of("absent", ("skip", "REVIEW", "REJECT")) or "required",
        "direction": section.one_of("direction", ("riskier_up", "safer_up")),
        "source": section.one_of("source", ("caller", "house")) or "caller",
    }
    _check_order(section, values, "minimum", "maximum")
    _check_order(section, values, "min_length", "max_length")
    return Input(name, kind, **values)  # type: ignore[arg-type]


def _check_order(section: Section, values: dict[str, Any], low: str, high: str) -> None:
    if values[low] is not None and values[high] is not None and values[low] > values[high]:
        section.notes.add(
            section.at, "P312", f"{section.name}: the range is empty; the lower end is above the upper"
        )


def _words(section: Section) -> tuple[str, ...] | None:
    if "one_of" not in section:
        return None
    words = []
    for at in section.sequence("one_of"):
        if isinstance(at.value, str):
            words.append(at.value)
        else:
            section.notes.add(at, "P302", f"{section.name}: one_of lists text; put it in quotes")
    if not words:
        section.notes.add(
            section.entries["one_of"], "P313", f"{section.name}: one_of needs at least one word"
        )
    return tuple(words)


def read_limits(root: Section, places: dict[str, Place]) -> dict[str, Limit]:
    """Every limit that could be read; their places go into ``places`` as ``limits.name``."""
    section = root.section("limits")
    limits = {}
    for name, at in section.items() if section else ():
        places[f"limits.{name}"] = Place(at.line, at.column)
        if not LIMIT_NAME.fullmatch(name) or name in RESERVED:
            root.notes.add(at, "P310", f"limits.{name} cannot be read in a condition; write one word")
        one = Section(at, f"limit {name}", root.notes, LIMIT_KEYS)
        value = _limit_value(one)
        if value is not None:
            limits[name] = Limit(name, value, one.text("unit"))
    return limits


def _limit_value(section: Section) -> Scalar | tuple[Scalar, ...] | None:
    at = section.entries.get("value")
    if at is None:
        section.notes.add(section.at, "P304", f"{section.name} needs value")
        return None
    return _list(section, at, at.value) if isinstance(at.value, list) else section.scalar(at)


def _list(section: Section, at: Located, items: list[Located]) -> tuple[Scalar, ...] | None:
    values = [value for item in items if (value := section.scalar(item)) is not None]
    if not values or len({type_of(value) for value in values}) > 1:
        section.notes.add(at, "P313", f"{section.name} must list values of one type, at least one")
        return None
    return tuple(values)
