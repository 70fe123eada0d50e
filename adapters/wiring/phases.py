"""A run's phase of the rollout: a new store may begin in a later one, and one that goes on keeps its own."""

from datetime import datetime

from sqlalchemy import Engine

from adapters.settings import Settings
from adapters.storage.rollout import read_terms
from adapters.wiring.refusal import JourneyRefused
from policy.contracts import utc_text
from policy.ports import Clock
from policy.rollout.beginning import NotNew, begin_in
from policy.rollout.phases import InPhase, Phase, PhaseUnreadable, standing_phase
from policy.shelf import Shelf
from policy.store import reading

BY = "replay"


def phase_packs(settings: Settings, store: Engine, wanted: Phase | None) -> tuple[tuple[str, str], ...]:
    """The packs of the phase that ``store`` is in, or is to begin in; development has none."""
    standing = _standing(store)
    phase = standing.phase if standing.number else wanted or Phase.DEVELOPMENT
    return () if phase is Phase.DEVELOPMENT else read_terms(settings.rules)[phase].packs


def refuse_a_later_phase(store: Engine, starts: datetime) -> None:
    """Raise ``JourneyRefused`` where the phase was entered after ``starts``: nothing played counts in it.

    So it is where somebody advanced in real time, before anything was played: every order would be older
    than the phase, and no session would be evidence.
    """
    standing = _standing(store)
    if standing.since is None or standing.since <= starts:
        return
    raise JourneyRefused(
        f"the store entered phase {standing.phase} at {utc_text(standing.since)}, later than "
        f"{utc_text(starts)}, so nothing would be sent; play from then on, or begin a new store: in a later "
        "phase with `trivet replay --phase … --store FOLDER`"
    )


def begin(store: Engine, shelf: Shelf, clock: Clock, wanted: Phase | None) -> None:
    """Let a new ``store`` begin in ``wanted``; raises ``JourneyRefused`` for one that is in another phase.

    The library of ``shelf`` has the packs of ``wanted`` on the shelf that new stores start with.
    """
    standing = _standing(store)
    if wanted is None or standing.phase is wanted:
        return
    if standing.number:
        raise JourneyRefused(f"the store is in phase {standing.phase}; leave --phase out to go on in it")
    try:
        begin_in(shelf, clock, wanted, BY)
    except NotNew as error:
        raise JourneyRefused(str(error)) from error


def _standing(store: Engine) -> InPhase:
    try:
        with reading(store) as connection:
            return standing_phase(connection)
    except PhaseUnreadable as error:
        raise JourneyRefused(str(error)) from error
