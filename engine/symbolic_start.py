"""The plain facts that witnesses start from: a pack's own cast, and simple values where that is silent."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.declarations import Input
from engine.pack import RulePack
from engine.symbolic_space import Facts
from engine.tree import Scalar


@dataclass(frozen=True, slots=True)
class Start:
    """Facts to differ from as little as possible; ``name`` is the cast they come from, None if made up."""

    name: str | None
    facts: Facts


def starting_point(packs: Sequence[RulePack]) -> Start:
    """The first cast of the first pack that has one, with simple values for the required inputs it lacks."""
    name, cast = next(
        ((name, facts) for pack in packs for name, facts in pack.cast.items()), (None, dict[str, Scalar]())
    )
    declared = {one.name: one for pack in reversed(packs) for one in pack.inputs.values()}
    facts = {path: value for path, value in cast.items() if path in declared}
    made_up = {
        one.name: _simplest(one) for one in declared.values() if one.required and one.name not in facts
    }
    return Start(name, facts | made_up)


def _simplest(declared: Input) -> Scalar:
    if declared.type == "boolean":
        return False
    if declared.type == "string":
        return declared.one_of[0] if declared.one_of else _simple_text(declared)
    low = max(0.0, declared.minimum if declared.minimum is not None else 0.0)
    return low if declared.maximum is None else min(low, declared.maximum)


def _simple_text(declared: Input) -> str:
    length = max(1, declared.min_length or 1)
    return ("A" * length)[: declared.max_length]
