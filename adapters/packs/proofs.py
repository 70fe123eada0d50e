"""What must be proved of a pack before it is released: the built-in claims and its own invariants."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import EngineFailure, RulePack

_HARMLESS = frozenset({"P605"})
"""An idle comparison is worth a look and changes no verdict."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """A claim that does not hold, or of which nobody knows; ``words`` name its place."""

    known: bool
    words: str


def unproved(pack: RulePack) -> list[Unproved]:
    """Every claim about ``pack``, its invariants.yaml included, that was refuted or is unknown.

    Raises:
        PackProblems: the invariants beside the pack cannot be read.
    """
    from engine.invariants import prove  # noqa: PLC0415 - the solver is heavy
    from engine.invariants_reader import read_invariants  # noqa: PLC0415

    path = Path(pack.source).with_name("invariants.yaml")
    invariants = read_invariants(path.read_text("utf-8"), str(path), pack) if path.exists() else None
    try:
        proofs = prove(pack, invariants).proofs
    except EngineFailure as failure:
        return [Unproved(known=True, words=f"{pack.source}: {failure}")]
    return [
        Unproved(
            one.result == "refuted", f"{one.source}:{one.place.line}:{one.place.column} {one.code} {words}"
        )
        for one in proofs
        if one.code not in _HARMLESS and (words := _words(one.result, one.claim))
    ]


def refusals(found: list[Unproved], name: str, *, accept_unknown: bool) -> Iterator[str]:
    """Why ``found`` keeps the pack ``name`` from being released."""
    yield from (one.words for one in found if one.known or not accept_unknown)
    if any(one.known for one in found):
        yield f"`trivet prove {name}` shows a signal for each; mend the rules or the claim"
    elif found and not accept_unknown:
        yield "the solver gave up; make the rules simpler, or release with --accept-unknown"


def _words(result: str, claim: str) -> str:
    return {"refuted": f"does not hold: {claim}", "unknown": f"is not known to hold: {claim}"}.get(result, "")
