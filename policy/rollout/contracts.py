"""The rollout as messages: where it stands, what it takes to go on, who asked and who confirmed."""

from typing import Literal
from uuid import UUID

from policy.contracts import Contract, PackSet, Utc
from policy.rollout.phases import Phase

Act = Literal["advance", "back", "start"]


class Finding(Contract):
    """One line of the checklist: what is asked for, what was found, and what to do where it is not enough."""

    code: str
    asks: str
    found: str
    satisfied: bool
    next_step: str | None = None


class PhasePack(Contract):
    """A pack that judges because of the phase, and whose signals."""

    pack: str
    version: str
    set: PackSet


class LimitTold(Contract):
    """One limit of execution in the phase; ``value`` as its file states it."""

    name: str
    value: str
    unit: str


class PhaseTold(Contract):
    """One move from phase to phase; ``confirmed_by`` is null where one person was enough."""

    phase: Phase
    from_phase: Phase
    act: Act
    at: Utc
    by: str
    confirmed_by: str | None
    note: str
    checklist: tuple[Finding, ...]
    number: int


class AdvanceRequest(Contract):
    """A request to advance, with what was found when it was made."""

    request_id: UUID
    from_phase: Phase
    to_phase: Phase
    asked_at: Utc
    asked_by: str
    note: str
    checklist: tuple[Finding, ...]
    status: Literal["OPEN", "GRANTED", "REFUSED", "OUTDATED"]
    confirmed_by: str | None
    settled_at: Utc | None


class RolloutView(Contract):
    """Where the rollout stands; ``since`` is null in a store that never left development."""

    phase: Phase
    since: Utc | None
    next_phase: Phase | None
    packs: tuple[PhasePack, ...]
    limits: tuple[LimitTold, ...]
    requests: tuple[AdvanceRequest, ...]
    history: tuple[PhaseTold, ...]


class Checklist(Contract):
    """What it takes to enter ``next_phase``, found just now."""

    phase: Phase
    next_phase: Phase | None
    satisfied: bool
    items: tuple[Finding, ...]
