"""A policy service with its rollout, and evidence that a test may take away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from adapters.storage.rollout import read_terms
from policy.access.callers import ROLES, Caller
from policy.rollout.contracts import Finding, LimitTold
from policy.rollout.evidence import Terms
from policy.rollout.phases import InPhase, Phase, phase_in_force
from policy.rollout.rollout import Rollout
from policy.rollout.tables import rollout_requests
from policy.store import reading
from tests.policy.parts import RULES, House

ANNA, BEN = (Caller(name, ROLES, f"key:{name}") for name in ("anna", "ben"))
READY = "four quiet weeks"


@dataclass
class SetEvidence:
    """What other services' records say, as a test sets it; at first all of it is enough."""

    missing: set[str] = field(default_factory=set)
    asked: list[tuple[Phase, Terms, datetime]] = field(default_factory=list)
    unreadable: str = ""

    def findings(self, standing: InPhase, terms: Terms, at: datetime) -> Sequence[Finding]:
        self.asked.append((standing.phase, terms, at))
        return [
            Finding(
                code=code,
                asks="enough",
                found="3 of 20",
                satisfied=code not in self.missing,
                next_step="play on",
            )
            for code in ("sessions", "drills-passed")
        ]

    def limits(self, phase: Phase) -> Sequence[LimitTold]:
        if self.unreadable:
            raise ValueError(self.unreadable)
        return [LimitTold(name="max_order_value", value=f"as in {phase}", unit="dollars")]


@dataclass
class Rolling:
    """A policy service with its rollout and the evidence that a test may take away."""

    house: House
    rollout: Rollout
    evidence: SetEvidence

    def phase(self) -> Phase:
        with reading(self.rollout.store) as connection:
            return phase_in_force(connection)

    def enter(self, *phases: Phase) -> None:
        """Advance through ``phases``, all the evidence being there."""
        for phase in phases:
            request = self.rollout.ask(ANNA, "anna", READY)
            assert self.rollout.confirm(request.request_id, BEN, "ben").phase is phase

    def packs(self) -> dict[str, list[str]]:
        """Names of the packs that judge now, by set."""
        with reading(self.rollout.store) as connection:
            judging = self.rollout.shelf.judging(connection)
        return {which: [pack.name for pack in found.packs] for which, found in judging.items()}

    def requests(self) -> list[tuple[str, str | None]]:
        with reading(self.rollout.store) as connection:
            rows = connection.execute(select(rollout_requests).order_by(rollout_requests.c.asked_at))
            return [(row.status, row.confirmed_by) for row in rows]


def roll(house: House) -> Rolling:
    """The rollout of ``house``, all the evidence being there."""
    evidence, service = SetEvidence(), house.service
    terms = read_terms(RULES)
    rollout = Rollout(service.store, service.shelf, service.loader, house.clock, evidence, terms)
    return Rolling(house, rollout, evidence)
