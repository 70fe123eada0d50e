"""The use case: signals in, recorded decisions out, in one transaction. No durable record, no answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row

from policy.claims import Claim, claim, held, release
from policy.contracts import Decision
from policy.decisions import decision_of, rows_of
from policy.facts import NOTHING
from policy.house_facts import measured_by_signal
from policy.judge import Judgement, judge
from policy.ports import Clock, HouseFacts, Sessions
from policy.problems import Problem
from policy.proposal import Proposal
from policy.record import Finding, decision_from, expiry, record, source_of
from policy.refusals import Refusal, record_refusals, refusal_of
from policy.retention.months import Months
from policy.shadow import shadow_rows
from policy.shelf import Shelf
from policy.store import reading, writing
from policy.watching.tally import Stopwatch, Tally
from policy.watching.traces import committing

Answer = Decision | Problem
Answers = dict[UUID, Answer]


@dataclass(frozen=True)
class Evaluation:
    """Judges proposals and records what was decided; ``chain`` names this process's chain of the log."""

    store: Engine
    clock: Clock
    sessions: Sessions
    shelf: Shelf
    tally: Tally
    months: Months
    books: HouseFacts
    chain: str = "main"

    def evaluate_batch(self, proposals: Sequence[Proposal]) -> list[Answer]:
        """One answer for each of ``proposals``, all durable together or not at all.

        Raises SQLAlchemy's errors when the store is away and ``PackUnavailable`` when an active
        pack cannot be read; then nothing was recorded and nothing is approved.
        """
        answers: dict[int, Answer] = {}
        made: list[Decision] = []
        watch = Stopwatch(self.tally)
        self.months.reach(self.clock.now())
        with committing(made), writing(self.store) as connection:
            for round_ in _rounds(list(enumerate(proposals))):
                decided = self._decide(connection, list(round_.values()), made, watch)
                answers.update((place, decided[proposal.signal_id]) for place, proposal in round_.items())
        watch.committed()
        self._count(made, answers.values())
        return [answers[place] for place in range(len(proposals))]

    def decided(self, signals: Sequence[UUID]) -> frozenset[UUID]:
        """Those of ``signals`` that have a decision."""
        with reading(self.store) as connection:
            return frozenset(held(connection, signals))

    def keep_refused(self, refused: Sequence[Refusal]) -> None:
        """Record what could not even be read."""
        with writing(self.store) as connection:
            record_refusals(connection, self.clock.now(), refused)

    def _decide(
        self, connection: Connection, proposals: Sequence[Proposal], made: list[Decision], watch: Stopwatch
    ) -> Answers:
        """Decide proposals of different signals; what is newly decided is added to ``made``."""
        fresh, newest = claim(connection, proposals)
        in_force = self.shelf.judging_at(connection, newest) if fresh else {}
        at = self.clock.now()
        new = [proposal for proposal in proposals if proposal.signal_id in fresh]
        measured = measured_by_signal(connection, self.books, new, in_force, at)
        judged = {
            one.signal_id: watch.judging(
                judge, one, in_force[one.source], at, measured.get(one.signal_id, NOTHING)
            )
            for one in new
        }
        findings = [
            self._finding(one, fresh[signal]) for signal, one in judged.items() if isinstance(one, Judgement)
        ]
        record(connection, self.chain, findings, shadow_rows(findings))
        made += [finding.decision for finding in findings]
        answers: Answers = {decision.signal_id: decision for decision in made}
        answers |= {signal: one for signal, one in judged.items() if isinstance(one, Problem)}
        release(connection, [signal for signal, one in judged.items() if isinstance(one, Problem)])
        answers |= _repeats(connection, [one for one in proposals if one.signal_id not in fresh])
        _record_refused(connection, at, proposals, answers)
        return answers

    def _finding(self, judgement: Judgement, decision_id: UUID) -> Finding:
        decision = decision_from(judgement, expiry(judgement, self.sessions), decision_id)
        return Finding(judgement, decision, source_of(judgement))

    def _count(self, made: Iterable[Decision], answers: Iterable[Answer]) -> None:
        for decision in made:
            self.tally.decided(decision)
        for answer in answers:
            if isinstance(answer, Problem):
                self.tally.refused(answer.slug)


def _rounds(pending: list[tuple[int, Proposal]]) -> Iterable[dict[int, Proposal]]:
    """Split so that no round has a signal twice: a repeat is judged after its first is on record."""
    while pending:
        first: dict[UUID, int] = {}
        for place, proposal in pending:
            first.setdefault(proposal.signal_id, place)
        chosen = set(first.values())
        yield {place: proposal for place, proposal in pending if place in chosen}
        pending = [one for one in pending if one[0] not in chosen]


def _repeats(connection: Connection, again: Sequence[Proposal]) -> Answers:
    """What is on record for signals that were decided before; another body is a conflict."""
    claims = held(connection, [proposal.signal_id for proposal in again])
    rows = rows_of(connection, [one.decision_id for one in claims.values()])
    answers: Answers = {}
    for proposal in again:
        first = claims[proposal.signal_id]
        answers[proposal.signal_id] = _told_again(proposal, first, rows.get(first.decision_id))
    return answers


def _told_again(proposal: Proposal, first: Claim, row: Row[Any] | None) -> Answer:
    """A decision whose record was retired is neither told nor made again: its signal has had its chance."""
    if first.body_hash != proposal.body_hash():
        return _conflict(proposal, "with another body")
    return decision_of(row) if row is not None else _conflict(proposal, "and its record retired since")


def _conflict(proposal: Proposal, how: str) -> Problem:
    return Problem(
        409,
        "signal-already-decided",
        f"signal {proposal.signal_id} was decided {how}; send a new signal_id",
    )


def _record_refused(
    connection: Connection, at: datetime, proposals: Sequence[Proposal], answers: Mapping[UUID, Answer]
) -> None:
    told = ((proposal, answers[proposal.signal_id]) for proposal in proposals)
    refused = [refusal_of(proposal, answer) for proposal, answer in told if isinstance(answer, Problem)]
    record_refusals(connection, at, refused)
