"""What became of a pack and its rules over the released versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.release import in_order, read_lock
from adapters.storage.packs import FrozenPacks
from engine import Rule, RulePack, read_pack
from engine.message import in_words
from engine.tree import LimitRef, walk


@dataclass(frozen=True, slots=True)
class Change:
    """What a version brought for one rule, in words."""

    version: str
    words: str


def released_packs(rules: Path, name: str) -> list[RulePack]:
    """Every released version of ``name``, oldest first; ``PackUnavailable`` for one that was edited since."""
    library = FrozenPacks(rules)
    versions = in_order(read_lock(rules).get("packs", {}).get(name, ()))
    return [read_pack(library.frozen_text(name, version), source=f"{name}@{version}") for version in versions]


def ids_ever_used(packs: Sequence[RulePack]) -> dict[str, str]:
    """Every rule id of ``packs``, with the first version that has it."""
    used: dict[str, str] = {}
    for pack in packs:
        for rule in pack.rules:
            used.setdefault(rule.id, pack.version)
    return used


def history_of(rule_id: str, packs: Sequence[RulePack]) -> tuple[Change, ...]:
    """The versions of ``packs`` (oldest first) in which the rule came, moved or went."""
    return tuple(_history(rule_id, packs))


def _history(rule_id: str, packs: Sequence[RulePack]) -> Iterator[Change]:
    before: tuple[RulePack, Rule] | None = None
    for pack in packs:
        rule = next((one for one in pack.rules if one.id == rule_id), None)
        now = None if rule is None else (pack, rule)
        if words := "; ".join(_moved(before, now)):
            yield Change(pack.version, words)
        before = now


def _moved(before: tuple[RulePack, Rule] | None, now: tuple[RulePack, Rule] | None) -> Iterator[str]:
    if before is None or now is None:
        yield from () if before is now else ("new" if before is None else "gone",)
        return
    old, new = before[1], now[1]
    if old.when != new.when:
        yield f'when "{old.when}" -> "{new.when}"'
    if _effect(old) != _effect(new):
        yield f"{_effect(old)} -> {_effect(new)}"
    yield from _moved_limits(*before, *now)
    yield from _moved_inputs(*before, *now)
    yield from (word for word in ("reason", "rationale") if getattr(old, word) != getattr(new, word))


def _moved_limits(old_pack: RulePack, old: Rule, new_pack: RulePack, new: Rule) -> Iterator[str]:
    for name in limits_of(new):
        if name in limits_of(old):
            before, after = (limit_in_words(pack, name) for pack in (old_pack, new_pack))
            if before != after:
                yield f"limits.{name} {before} -> {after}"


def _moved_inputs(old_pack: RulePack, old: Rule, new_pack: RulePack, new: Rule) -> Iterator[str]:
    for name in new.reads:
        if name in old.reads and old_pack.inputs[name] != new_pack.inputs[name]:
            yield f"{name} is declared otherwise"


def limits_of(rule: Rule) -> tuple[str, ...]:
    """The names of the limits that the rule's condition reads."""
    return tuple(dict.fromkeys(one.name for one in walk(rule.condition) if isinstance(one, LimitRef)))


def limit_in_words(pack: RulePack, name: str) -> str:
    """The value of a limit, with its unit."""
    return in_words(pack.limits[name].value, pack.limits[name].unit)


def _effect(rule: Rule) -> str:
    return rule.then.name if rule.then is not None else f"cap {in_words(rule.cap or 0.0, 'fraction')}"
