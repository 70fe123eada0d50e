"""One word for a difference: identical, stricter, looser, incomparable, or unknown."""

from collections.abc import Sequence
from typing import Literal

from engine.symbolic_search import Status

Comparison = Literal["identical", "stricter", "looser", "incomparable", "unknown"]


def comparison(looser: Sequence[Status], stricter: Sequence[Status]) -> Comparison:
    """The word for all the ways to be looser and to be stricter, by what came of each.

    Never more than was proved: where something is looser and it is unknown whether something else is
    stricter, the whole is unknown.
    """
    if "witness" in looser and "witness" in stricter:
        return "incomparable"
    if "unknown" in (*looser, *stricter):
        return "unknown"
    if "witness" in looser:
        return "looser"
    return "stricter" if "witness" in stricter else "identical"
