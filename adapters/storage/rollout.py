"""The terms of the rollout, read strictly from ``rules/rollout.yaml``: without them nobody advances."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.settings import UnsafeSettings
from policy.rollout.evidence import Terms, TermsByPhase
from policy.rollout.phases import Phase
from policy.strict_yaml import Located, read_yaml

FILE = "rollout.yaml"
_COUNTS = ("sessions", "weeks", "drill_days")
_KEYS = {"packs", *_COUNTS}


class TermsUnfit(UnsafeSettings):
    """Terms that cannot be relied on; the text has every fault with its place, a line each."""


def read_terms(rules: Path) -> TermsByPhase:
    """The terms of every phase; raises ``TermsUnfit`` when anything is missing, unknown or no number."""
    path = rules / FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TermsUnfit(f"{path} cannot be read ({error}); restore it from version control") from error
    root, problems = read_yaml(text, str(path))
    if root is None or problems:
        raise TermsUnfit("\n".join(map(str, problems)) or f"{path} is empty; restore it from version control")
    faults: list[str] = []
    phases = _phases(root, str(path), faults)
    terms = {phase: _terms(phase, phases.get(phase.value), root, str(path), faults) for phase in Phase}
    if faults:
        raise TermsUnfit("\n".join(faults))
    return terms


def _phases(root: Located, source: str, faults: list[str]) -> Mapping[str, Located]:
    stated = _mapping(root).get("phases")
    phases = _mapping(stated) if stated is not None else {}
    unknown = [*(set(_mapping(root)) - {"phases"}), *(set(phases) - set(Phase))]
    where, known = f"{source}:{root.line}:{root.column}", ", ".join(Phase)
    faults += [f'{where} "{name}" is unknown; the phases are {known}' for name in sorted(unknown)]
    return phases


def _terms(phase: Phase, stated: Located | None, root: Located, source: str, faults: list[str]) -> Terms:
    """What the file says of ``phase``; faults are noted, and then the terms are not to be used."""
    place = stated or root
    parts = _mapping(stated) if stated is not None else {}
    wrong = sorted(_KEYS ^ set(parts))
    if wrong:
        what = f"needs exactly {', '.join(sorted(_KEYS))}; look at {', '.join(wrong)}"
        faults.append(f"{source}:{place.line}:{place.column} {phase.value} {what}")
        return Terms((), 0, 0, 0)
    packs = tuple(_packs(parts["packs"], source, faults))
    return Terms(packs, *(_count(name, parts[name], source, faults) for name in _COUNTS))


def _packs(stated: Located, source: str, faults: list[str]) -> Iterator[tuple[str, str]]:
    listed = stated.value if isinstance(stated.value, list) else [stated]
    for one in listed:
        name, _, version = str(one.value).partition("@")
        if name and version:
            yield name, version
        else:
            faults.append(f'{source}:{one.line}:{one.column} "{one.value}" is no pack; write pack@version')


def _count(name: str, stated: Located, source: str, faults: list[str]) -> int:
    value = stated.value
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == int(value):
        return int(value)
    faults.append(f"{source}:{stated.line}:{stated.column} {name} must be a whole number, 0 or above")
    return 0


def _mapping(stated: Located) -> Mapping[str, Located]:
    return stated.value if isinstance(stated.value, dict) else {}
