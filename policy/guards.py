"""What a change of the shelf lets through, proved before it is made; what loosens needs a confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import EngineFailure, RulePack
from policy.contracts import PackSet

if TYPE_CHECKING:
    from engine.difference import Difference, Moved

TIGHTENING = frozenset({"identical", "stricter"})
"""The differences that need nobody's confirmation; an unknown one might let anything through."""


@dataclass(frozen=True, slots=True)
class ShelfChange:
    """The difference between what judges a set and what would; ``found`` is None where none was proved."""

    pack_set: PackSet
    pack: str
    version: str
    verdict: str
    found: "Difference | None" = None
    note: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def needs_confirmation(self) -> bool:
        """Whether somebody might be approved, or get more, who was not before."""
        return self.verdict not in TIGHTENING

    def record(self) -> dict[str, Any]:
        """The change as JSON, with every witness."""
        told: dict[str, Any] = {"verdict": self.verdict, "before": [*self.before], "after": [*self.after]}
        if self.note is not None:
            told["note"] = self.note
        return told if self.found is None else told | _proof(self.found)


class ActivationRefused(Exception):
    """The change of the shelf was not made; ``changes`` are those that wait for a confirmation."""

    def __init__(self, reason: str, changes: Sequence[ShelfChange] = ()) -> None:
        super().__init__(reason)
        self.changes = tuple(changes)


def change_of(
    pack_set: PackSet, moving: RulePack, before: Sequence[RulePack], after: Sequence[RulePack]
) -> ShelfChange:
    """What it means that ``after`` judge ``pack_set`` instead of ``before``, because ``moving`` comes in.

    Where nothing judged, nothing was approved: whatever comes in is looser.
    """
    about: dict[str, Any] = {
        "pack_set": pack_set, "pack": moving.name, "version": moving.version,
        "before": _named(before), "after": _named(after),
    }  # fmt: skip
    if not before:
        return ShelfChange(verdict="looser", note="nothing was in force, so nothing was approved", **about)
    from engine.difference import difference  # noqa: PLC0415 - the solver is heavy and seldom needed

    try:
        found = difference(before, after)
    except EngineFailure as failure:
        return ShelfChange(verdict="unknown", note=str(failure), **about)
    return ShelfChange(verdict=found.verdict, found=found, **about)


def refuse_unconfirmed(changes: Sequence[ShelfChange], confirmed_by: str | None) -> None:
    """Raises ``ActivationRefused`` when something needs a confirmation and nobody gave it."""
    open_ = [one for one in changes if one.needs_confirmation]
    if open_ and confirmed_by is None:
        which = ", ".join(f"{one.pack}@{one.version} for {one.pack_set} ({one.verdict})" for one in open_)
        raise ActivationRefused(f"{which}: not put in force without a confirmation", open_)


def _named(packs: Sequence[RulePack]) -> tuple[str, ...]:
    return tuple(sorted(f"{pack.name}@{pack.version}" for pack in packs))


def _proof(found: "Difference") -> dict[str, Any]:
    return {
        "transitions": [
            {"from": one.before.name, "to": one.after.name, **_moved(one.moved)} for one in found.transitions
        ],
        "caps": [{"move": one.move, **_moved(one.moved)} for one in found.caps],
        "decision_ttl_seconds": dict(zip(("from", "to"), found.ttl_seconds, strict=True)),
    }


def _moved(moved: "Moved") -> dict[str, Any]:
    answer = moved.answer
    facts = {} if answer.facts is None else {"facts": dict(answer.facts)}
    return {"status": answer.status, **facts}
