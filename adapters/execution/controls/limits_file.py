"""The limits of every phase, read strictly from ``rules/limits``: without one of them nothing starts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.execution.controls.limits import LIMITS, Kind, Limits, LimitsByPhase, Told
from adapters.settings import UnsafeSettings
from policy.rollout.phases import Phase
from policy.strict_yaml import Located, did_you_mean, read_yaml

FOLDER = "limits"
NONE = "none"
_TOP = ("phase", "limits")
_PARTS = {"value", "unit"}


class LimitsUnfit(UnsafeSettings):
    """Limits that cannot be relied on; the text has every fault with its place, a line each."""


class _Faults:
    """Collects what is wrong with one file, so that its author is told everything at once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: list[str] = []

    def add(self, place: Located | None, text: str) -> None:
        where = f":{place.line}:{place.column}" if place else ""
        self.lines.append(f"{self.source}{where} {text}")


def read_limits(rules: Path) -> LimitsByPhase:
    """The limits of every phase from ``rules/limits/<phase>.yaml``.

    Raises ``LimitsUnfit`` when a file or a limit is missing, unknown, of another unit or out of bounds.
    """
    found: dict[Phase, Limits] = {}
    faults: list[str] = []
    for phase in Phase:
        limits, lines = _read(rules / FOLDER / f"{phase.value}.yaml", phase)
        faults += lines
        found |= {phase: limits} if limits is not None else {}
    if faults:
        raise LimitsUnfit("\n".join([*faults, "execution does not start without every limit of every phase"]))
    return found


def read_text(text: str, source: str, phase: Phase) -> tuple[Limits | None, list[str]]:
    """The limits that ``text`` states for ``phase``, None where anything is wrong, and everything that is."""
    faults = _Faults(source)
    if not text.strip():
        faults.add(None, f"is empty; start it with 'phase: {phase.value}'")
        return None, faults.lines
    root, problems = read_yaml(text, source)
    if root is None or problems:
        return None, [str(problem) for problem in problems]
    values = dict(_values(root, phase, faults))
    return (None if faults.lines else Limits(**values)), faults.lines


def _read(path: Path, phase: Phase) -> tuple[Limits | None, list[str]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [f"{path} cannot be read ({error}); restore it from version control"]
    return read_text(text, str(path), phase)


def _values(root: Located, phase: Phase, faults: _Faults) -> Iterator[tuple[str, Any]]:
    top = _mapping(root, "the file", faults)
    _refuse_unknown(root, _TOP, faults)
    _check_phase(top.get("phase"), root, phase, faults)
    stated = top.get("limits")
    if stated is None:
        faults.add(root, "has no limits; write them under 'limits:'")
    else:
        yield from _limits(stated, phase, faults)


def _limits(stated: Located, phase: Phase, faults: _Faults) -> Iterator[tuple[str, Any]]:
    limits = _mapping(stated, "limits", faults)
    _refuse_unknown(stated, tuple(LIMITS), faults)
    for name, told in LIMITS.items():
        if name in limits:
            may_lack = told.optional and phase is Phase.DEVELOPMENT
            yield name, _value(name, limits[name], replace(told, optional=may_lack), faults)
        else:
            faults.add(stated, f"lacks {name} ({told.meaning}); {_as(name, told)}")


def _check_phase(stated: Located | None, root: Located, phase: Phase, faults: _Faults) -> None:
    if stated is None:
        faults.add(root, f"does not say for which phase it is; write phase: {phase.value}")
    elif stated.value != phase.value:
        faults.add(stated, f'is for phase "{stated.value}"; a file of this name holds phase: {phase.value}')


def _value(name: str, stated: Located, told: Told, faults: _Faults) -> Any:
    """What the limit ``name`` is set to; where that is wrong it is noted, and None is returned."""
    parts = _mapping(stated, name, faults)
    _refuse_unknown(stated, tuple(_PARTS), faults)
    if missing := _PARTS - set(parts):
        faults.add(stated, f"{name} lacks its {' and '.join(sorted(missing))}; {_as(name, told)}")
        return None
    if parts["unit"].value != told.unit:
        faults.add(parts["unit"], f'{name} is in {told.unit}, not in "{parts["unit"].value}"; convert it')
    value = parts["value"]
    if told.optional and value.value == NONE:
        return None
    read, must_be = _READERS[told.kind]
    found = read(value)
    if found is None:
        or_none = f", or {NONE}" if told.optional else ""
        faults.add(value, f"{name} must be {must_be}{or_none}; its unit is {told.unit}")
    return found


def _amount(stated: Located) -> Decimal | None:
    value = stated.value
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return Decimal(repr(value)) if fits else None


def _fraction(stated: Located) -> Decimal | None:
    value = _amount(stated)
    return value if value is not None and value <= 1 else None


def _count(stated: Located) -> int | None:
    value = stated.value
    fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if fits and isinstance(value, int) else None


def _words(stated: Located) -> tuple[str, ...] | None:
    if not isinstance(stated.value, list):
        return None
    words = tuple(one.value for one in stated.value if isinstance(one.value, str))
    return words if len(words) == len(stated.value) else None


def _switch(stated: Located) -> bool | None:
    return {"yes": True, "no": False}.get(str(stated.value))


_READERS: Mapping[Kind, tuple[Callable[[Located], Any], str]] = {
    "amount": (_amount, "a number above 0"),
    "fraction": (_fraction, "a fraction above 0 and at most 1, so 3 per cent is 0.03"),
    "count": (_count, "a whole number above 0"),
    "words": (_words, "a list of names in brackets, [] for none"),
    "switch": (_switch, "yes or no"),
}


def _mapping(stated: Located, what: str, faults: _Faults) -> Mapping[str, Located]:
    if isinstance(stated.value, dict):
        return stated.value
    faults.add(stated, f"{what} must be a mapping, one 'name: …' a line")
    return {}


def _refuse_unknown(stated: Located, known: tuple[str, ...], faults: _Faults) -> None:
    for name, place in (stated.keys or {}).items():
        if name not in known:
            faults.add(place, f'"{name}" is unknown here{did_you_mean(name, known)}')


def _as(name: str, told: Told) -> str:
    return f"write {name}: {{value: …, unit: {told.unit}}}"
