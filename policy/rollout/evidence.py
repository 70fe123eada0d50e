"""What it takes to advance, and how it is found: every line answered, none by a guess."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Engine

from policy.audit.verify import length, verify
from policy.packs import PackLoader
from policy.rollout.contracts import Finding, LimitTold
from policy.rollout.phases import InPhase, Phase
from policy.stops.standing import stops_in_force
from policy.store import reading

log = structlog.get_logger(__name__)

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What one phase is made of: the packs that judge in it, by name and version, and what leaving it takes.

    ``sessions`` and ``weeks`` (calendar weeks with a session) have to have been played in the phase;
    ``drill_days`` is how old the last drill of the stops may be.
    """

    packs: tuple[tuple[str, str], ...]
    sessions: int
    weeks: int
    drill_days: int


TermsByPhase = Mapping[Phase, Terms]
"""The terms of every phase; none is missing."""


class Evidence(Protocol):
    """Finds in the records of other services what the rollout asks for."""

    def findings(self, standing: InPhase, terms: Terms, at: datetime) -> Sequence[Finding]:
        """One finding for each thing that leaving the phase asks for, as of ``at``, in a fixed order."""
        ...

    def limits(self, phase: Phase) -> Sequence[LimitTold]:
        """The limits of execution in ``phase``; raises where they cannot be read."""
        ...


Answer = tuple[bool, str]
"""Whether it is enough, and what was found, in words."""


def finding(code: str, asks: str, look: Callable[[], Answer], next_step: str) -> Finding:
    """What ``look`` comes to; where it fails, that is what was found, and it is not enough."""
    try:
        satisfied, found = look()
    except Exception as error:  # whatever keeps it from being seen, what is not seen is not there
        log.warning("evidence could not be gathered", code=code, error=repr(error))
        satisfied, found = False, f"cannot be told: {error}"
    return Finding(
        code=code, asks=asks, found=found, satisfied=satisfied, next_step=None if satisfied else next_step
    )


def policy_findings(store: Engine, loader: PackLoader, coming: Terms) -> Sequence[Finding]:
    """What the policy service itself can tell: the log, the stops, and the packs of the phase to come."""
    packs = ", ".join(f"{name}@{version}" for name, version in coming.packs) or "no pack"
    return (
        finding(
            "log-verified",
            "the decision log is as it was written",
            lambda: _log(store),
            "find out with `trivet audit verify` who changed it, and restore the store from its backup",
        ),
        finding(
            "no-stop",
            "no stop is standing",
            lambda: _stops(store),
            "look at `trivet stop status` and re-arm what has been dealt with",
        ),
        finding(
            "pack-released",
            f"{packs} is released as it was written",
            lambda: _packs(loader, coming),
            "restore rules/ from version control, or release the pack",
        ),
    )


def _log(store: Engine) -> Answer:
    flaws = verify(store)
    if flaws:
        return False, f"{len(flaws)} flaws: {'; '.join(map(str, flaws[:_MOST_NAMED]))}"
    return True, f"{length(store)} evaluations verified"


def _stops(store: Engine) -> Answer:
    with reading(store) as connection:
        standing = list(stops_in_force(connection))
    named = ", ".join(f"{one.scope} {one.state} ({one.cause})" for one in standing)
    return not standing, named or "nothing is stopped"


def _packs(loader: PackLoader, coming: Terms) -> Answer:
    found = [loader.load(*pair) for pair in coming.packs]
    return True, ", ".join(
        f"{pack.name}@{pack.version} {pack.text_hash[:19]}" for pack in found
    ) or "none needed"
