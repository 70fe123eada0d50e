"""The three verdicts and their order: the only place that knows REJECT > REVIEW > APPROVE."""

from collections.abc import Iterable
from enum import IntEnum


class Verdict(IntEnum):
    """What the engine says of a signal; a larger value is stricter."""

    APPROVE = 0
    REVIEW = 1
    REJECT = 2


def strongest(verdicts: Iterable[Verdict]) -> Verdict:
    """The strictest of ``verdicts``; APPROVE when there is none, since nothing objected."""
    return max(verdicts, default=Verdict.APPROVE)
