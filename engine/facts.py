"""Facts as a pack accepts them: flat, typed, finite, within their ranges; nothing is coerced.

The reader runs on every evaluation, so the usual case, facts without a flaw, is one generated
expression; only what is not flawless is looked at fact by fact.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.declarations import Input
from engine.errors import FactFault
from engine.problems import did_you_mean
from engine.tree import Scalar

Facts = Mapping[str, Scalar]
_Check = tuple[str, type[Any], float, float, Callable[[Any], bool], Input]
"""Name, Python type, range of a number, what is allowed of a string, and the declaration itself."""
_TYPE_WORDS = {"number": "a number", "boolean": "true or false", "string": "text"}


class FactReader:
    """Reads raw facts for one pack."""

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self.inputs = inputs
        self._plan = tuple((name, *_bounds(one), one) for name, one in inputs.items())
        self._flawless = _compile_flawless(self._plan)

    def read(self, raw: Mapping[str, Any]) -> tuple[dict[str, Scalar], list[FactFault]]:
        """The facts that are good, numbers as doubles, and a fault for every declared one that is not.

        Facts that only other packs declare may be among the good ones; no rule of this pack reads them.
        """
        return (dict(raw), []) if self._flawless(raw) else self._one_by_one(raw)

    def _one_by_one(self, raw: Mapping[str, Any]) -> tuple[dict[str, Scalar], list[FactFault]]:
        """For integers, which become doubles, and for faults."""
        facts: dict[str, Scalar] = {}
        faults: list[FactFault] = []
        value: Any
        for name, kind, low, high, accepts, declared in self._plan:
            value = raw.get(name)
            if kind is float and type(value) is int:
                value = _double(value)
            if type(value) is kind and (low <= value <= high if kind is float else accepts(value)):
                facts[name] = value
            elif value is not None or declared.required or name in raw:
                faults.append(_fault(declared, raw))
        return facts, faults


def _compile_flawless(plan: Iterable[_Check]) -> Callable[[Mapping[str, Any]], bool]:
    """One generated expression that holds when every fact can be taken just as it is, the usual case.

    It reads ``type(v := get("confidence")) is float and 0.0 <= v <= 1.0 and …``.
    """
    checks, accepted = ["True"], {}
    for number, (name, kind, low, high, accepts, declared) in enumerate(plan):
        check = f"type(v := get({name!r})) is {kind.__name__}"
        if kind is float:
            check += f" and {low!r} <= v <= {high!r}"
        elif accepts is not _anything:
            accepted[f"a{number}"] = accepts
            check += f" and a{number}(v)"
        absent = "" if declared.required else f" or v is None and {name!r} not in raw"
        checks.append(f"({check}{absent})")
    parameters = ", ".join(["raw", *(f"{name}={name}" for name in accepted)])
    source = f"def flawless({parameters}):\n    get = raw.get\n    return {' and '.join(checks)}"
    namespace: dict[str, Any] = dict(accepted)
    exec(compile(source, "<facts>", "exec"), namespace)  # noqa: S102 - names and bounds of a checked pack
    return namespace["flawless"]  # type: ignore[no-any-return]


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


def _bounds(declared: Input) -> tuple[type[Any], float, float, Callable[[Any], bool]]:
    """The Python type of ``declared``, the range of a number, and what strings are allowed."""
    largest = 1.7976931348623157e308  # NaN and infinities fail both comparisons
    low = -largest if declared.minimum is None else declared.minimum
    high = largest if declared.maximum is None else declared.maximum
    kind = {"number": float, "boolean": bool, "string": str}[declared.type]
    return kind, low, high, _string_bounds(declared)


def _anything(_value: object) -> bool:
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
