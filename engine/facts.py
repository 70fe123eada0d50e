"""Facts as a pack accepts them: flat, typed, finite, within their ranges; nothing is coerced.

The reader runs on every evaluation, so each input's checks are bound into one tuple when the
pack is compiled, and the fault texts are built only when something is wrong.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from engine.declarations import Input
from engine.errors import FactFault
from engine.problems import did_you_mean
from engine.tree import Scalar

Facts = Mapping[str, Scalar]
_TYPE_WORDS = {"number": "a number", "boolean": "true or false", "string": "text"}


class FactReader:
    """Reads raw facts for one pack."""

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self.inputs = inputs
        self._plan = tuple((name, *_bounds(one), one) for name, one in inputs.items())

    def read(self, raw: Mapping[str, Any]) -> tuple[dict[str, Scalar], list[FactFault]]:
        """The facts that are good, numbers as doubles, and a fault for every declared one that is not."""
        facts: dict[str, Scalar] = {}
        faults: list[FactFault] = []
        get = raw.get
        value: Any
        kind: type
        for name, kind, low, high, accepts, declared in self._plan:
            value = get(name)
            if kind is float:
                if type(value) is int:
                    value = _double(value)
                good = type(value) is float and low <= value <= high
            else:
                good = type(value) is kind and (kind is bool or accepts(value))
            if good:
                facts[name] = value
            elif value is not None or declared.required or name in raw:
                faults.append(_fault(declared, raw))
        return facts, faults


def undeclared_fault(name: str, known: Mapping[str, Input] | frozenset[str]) -> FactFault:
    """The fault of a fact that no pack declares: a misspelt optional input must not pass as absent."""
    hint = did_you_mean(name, known) or "; remove it"
    return FactFault(name, "undeclared", f"{name} is not an input of any pack in force{hint}")


def _double(value: int) -> float:
    """The nearest double; infinity, which no input accepts, for integers beyond all doubles."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _bounds(declared: Input) -> tuple[type, float, float, Callable[[Any], bool]]:
    """The Python type of ``declared``, the range of a number, and what strings are allowed."""
    largest = 1.7976931348623157e308  # NaN and infinities fail both comparisons
    low = -largest if declared.minimum is None else declared.minimum
    high = largest if declared.maximum is None else declared.maximum
    kind = {"number": float, "boolean": bool, "string": str}[declared.type]
    return kind, low, high, _string_bounds(declared)


def _anything(_value: str) -> bool:
    return True


def _string_bounds(declared: Input) -> Callable[[str], bool]:
    if declared.one_of is not None:
        words = frozenset(declared.one_of)
        return words.__contains__
    if declared.min_length is None and declared.max_length is None:
        return _anything
    low, high = declared.min_length or 0, declared.max_length
    if high is None:
        return lambda value: low <= len(value)
    return lambda value: low <= len(value) <= high


def _fault(declared: Input, raw: Mapping[str, Any]) -> FactFault:
    name = declared.name
    if name not in raw:
        return FactFault(name, "missing", f"{name} is required")
    value = raw[name]
    if declared.type == "number" and type(value) in (int, float):
        return _number_fault(declared, _double(value) if type(value) is int else value)
    if declared.type == "string" and type(value) is str:
        return FactFault(
            name, "not-allowed", f"{name} cannot be {_quoted(value)}; {_string_advice(declared)}"
        )
    what = _TYPE_WORDS[declared.type]
    return FactFault(name, "wrong-type", f"{name} must be {what}, not {_quoted(value)}; nothing is converted")


def _number_fault(declared: Input, value: float) -> FactFault:
    if not math.isfinite(value):
        return FactFault(declared.name, "not-finite", f"{declared.name} must be a finite number")
    low = "" if declared.minimum is None else f"at least {declared.minimum:g}"
    high = "" if declared.maximum is None else f"at most {declared.maximum:g}"
    bounds = " and ".join(part for part in (low, high) if part)
    return FactFault(declared.name, "out-of-range", f"{declared.name} is {value!r}; it must be {bounds}")


def _string_advice(declared: Input) -> str:
    if declared.one_of is not None:
        return f"it must be one of {', '.join(declared.one_of)}"
    low, high = declared.min_length or 0, declared.max_length
    return (
        f"it must have {low} to {high} characters"
        if high is not None
        else f"it needs at least {low} characters"
    )


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
