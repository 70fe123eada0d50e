"""The phases of the rollout in their order, and which of them is in force: read where it is acted on."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from policy.rollout.tables import rollout_phases as phases

_NEWEST = select(phases.c.id, phases.c.phase, phases.c.at).order_by(phases.c.id.desc()).limit(1)


class Phase(StrEnum):
    """How much is at stake, least first; the words are those of limits, packs and commands."""

    DEVELOPMENT = "development"
    PAPER = "paper"
    SANDBOX = "sandbox"
    LIVE = "live"

    @property
    def next(self) -> "Phase | None":
        """The phase that comes after this one; None after the last."""
        return _neighbour(self, 1)

    @property
    def before(self) -> "Phase | None":
        """The phase that this one is entered from; None before the first."""
        return _neighbour(self, -1)


class PhaseUnreadable(Exception):
    """Which phase is in force cannot be told, so nothing that depends on it may go on."""


@dataclass(frozen=True, slots=True)
class InPhase:
    """The phase in force, when it was entered, and the number of the row that says so.

    ``since`` is None and ``number`` 0 in a store that never left development.
    """

    phase: Phase
    since: datetime | None
    number: int


def phase_in_force(connection: Connection) -> Phase:
    """The phase that counts now, as the transaction of ``connection`` sees it; without a row, development.

    Raises ``PhaseUnreadable`` where it cannot be read, for whatever reason: whoever asks has to refuse.
    The transaction itself stays usable if the database still answers.
    """
    return standing_phase(connection).phase


def standing_phase(connection: Connection) -> InPhase:
    """As ``phase_in_force``, with when it was entered."""
    try:
        with _apart(connection):
            row = connection.execute(_NEWEST).first()
        return (
            InPhase(Phase.DEVELOPMENT, None, 0) if row is None else InPhase(Phase(row.phase), row.at, row.id)
        )
    except Exception as error:  # whatever it is, a phase that is not known is none to act in
        detail = f"the phase of the rollout cannot be read ({error!r}); mend the store and ask again"
        raise PhaseUnreadable(detail) from error


def _neighbour(phase: Phase, step: int) -> Phase | None:
    place = list(Phase).index(phase) + step
    return list(Phase)[place] if 0 <= place < len(Phase) else None


def _apart(connection: Connection) -> AbstractContextManager[object]:
    """On Postgres a failed statement spoils its transaction unless it has a savepoint of its own."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()
