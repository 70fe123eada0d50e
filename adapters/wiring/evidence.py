"""What the records of execution and portfolio say for or against going on to the next phase."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from adapters.execution.bookkeeping import CASH, held
from adapters.execution.controls.limits import LIMITS, Limits
from adapters.execution.controls.limits_file import NONE, read_limits
from adapters.execution.stopping.drills import bears_out
from adapters.execution.stopping.tables import stop_drills
from adapters.execution.store import promised
from adapters.execution.unexplained import oldest_unexplained, unexplained_differences
from adapters.portfolio.tables import pnl_history, portfolio_snapshots
from policy.contracts import utc_text
from policy.rollout.contracts import Finding, LimitTold
from policy.rollout.evidence import Answer, Terms, finding
from policy.rollout.phases import InPhase, Phase
from policy.store import reading

_LAST_DRILL = select(stop_drills).order_by(stop_drills.c.number.desc()).limit(1)
_SESSIONS = (
    select(pnl_history.c.session, pnl_history.c.closed_at, portfolio_snapshots.c.gross_exposure)
    .outerjoin(portfolio_snapshots, portfolio_snapshots.c.as_of == pnl_history.c.closed_at)
    .order_by(pnl_history.c.session)
)


@dataclass(frozen=True, slots=True)
class Records:
    """Implements ``policy.rollout.evidence.Evidence`` on ``store``, with the limits that ``rules`` holds."""

    store: Engine
    rules: Path

    def limits(self, phase: Phase) -> Sequence[LimitTold]:
        """Every limit of ``phase`` as its file states it; raises ``LimitsUnfit`` where one is missing."""
        limits = read_limits(self.rules)[phase]
        named = [(one.name, getattr(limits, one.name)) for one in fields(Limits)]
        return [LimitTold(name=name, value=_told(value), unit=LIMITS[name].unit) for name, value in named]

    def findings(self, standing: InPhase, terms: Terms, at: datetime) -> Sequence[Finding]:
        """Sessions, flat closes, books, drills and limits, as of ``at``."""
        played = (
            f"at least {terms.sessions} sessions in {terms.weeks} calendar weeks, played in {standing.phase}"
        )
        return (
            finding(
                "sessions",
                played,
                lambda: self._played(standing, terms),
                "play on in this phase, then ask again",
            ),
            finding(
                "flat-closes",
                "every session of a phase that leaves its positions before the close ended flat",
                lambda: self._flat(standing),
                "find out why with `trivet reconcile --report`, go back a phase and begin its sessions anew",
            ),
            finding(
                "nothing-held",
                "nothing is held and no order is at work: the next phase begins with empty hands",
                self._empty,
                "leave every position with POST /v1/portfolio/flatten, and wait for its fills",
            ),
            finding(
                "reconciled",
                "no difference to the broker's books is unexplained",
                self._reconciled,
                "explain each with `trivet reconcile --release SYMBOL --note …`",
            ),
            finding(
                "drills-passed",
                f"the last drill of the stops passed, and is at most {terms.drill_days} days old",
                lambda: self._drilled(terms, at),
                "drill the stops with `trivet stop drill`",
            ),
            finding(
                "limits-explicit",
                "every limit of every phase is stated",
                self._stated,
                "state what is missing; `trivet limits check` names each",
            ),
        )

    def _sessions(self, standing: InPhase) -> Sequence[Any]:
        """The sessions that closed since the phase was entered, oldest first."""
        since = () if standing.since is None else (pnl_history.c.closed_at > standing.since,)
        with reading(self.store) as connection:
            return connection.execute(_SESSIONS.where(*since)).all()

    def _played(self, standing: InPhase, terms: Terms) -> Answer:
        sessions = self._sessions(standing)
        weeks = len({row.session.isocalendar()[:2] for row in sessions})
        enough = len(sessions) >= terms.sessions and weeks >= terms.weeks
        if not sessions:
            return enough, "no session was played to its close since the phase was entered"
        days = f"{sessions[0].session} to {sessions[-1].session}"
        return enough, f"{len(sessions)} sessions in {weeks} calendar weeks, {days}"

    def _flat(self, standing: InPhase) -> Answer:
        if read_limits(self.rules)[standing.phase].flatten_before_close_minutes is None:
            return True, f"{standing.phase} may hold positions overnight"
        sessions = self._sessions(standing)
        # an exposure of None means that nobody wrote it down, which is not flat
        open_ = [str(row.session) for row in sessions if row.gross_exposure != 0]
        if open_:
            return (
                False,
                f"{len(open_)} of {len(sessions)} sessions were not flat at the close: {open_[0]} first",
            )
        return True, f"all {len(sessions)} sessions were flat at their close"

    def _empty(self) -> Answer:
        with reading(self.store) as connection:
            shares = _shares(connection)
            working = len(promised(connection))
        found = [f"{qty} {symbol}" for symbol, qty in shares] + [f"{working} orders at work"] * bool(working)
        return not found, ", ".join(found) or "nothing is held, no order is at work"

    def _reconciled(self) -> Answer:
        with reading(self.store) as connection:
            open_, oldest = unexplained_differences(connection), oldest_unexplained(connection)
        if open_:
            return (
                False,
                f"{open_} unexplained{'' if oldest is None else f', the first since {utc_text(oldest)}'}",
            )
        return True, "no difference is unexplained"

    def _drilled(self, terms: Terms, at: datetime) -> Answer:
        with reading(self.store) as connection:
            drill = connection.execute(_LAST_DRILL).first()
        if drill is None:
            return False, "the stops were never drilled"
        found = f"drill {drill.number} of {utc_text(drill.at)} by {drill.by} "
        found += "passed" if drill.passed else "failed"
        if drill.passed and not bears_out(drill.result, drill.digest):
            return False, f"{found}, which the table kept with it does not bear out"
        is_fresh = abs(at - drill.at) <= timedelta(days=terms.drill_days)
        return bool(drill.passed) and is_fresh, found if is_fresh else f"{found}; it is {utc_text(at)} now"

    def _stated(self) -> Answer:
        limits = read_limits(self.rules)
        return True, f"{len(LIMITS)} limits in each of {len(limits)} phases"


def _shares(connection: Connection) -> Sequence[tuple[str, Any]]:
    return sorted((symbol, qty) for symbol, qty in held(connection).items() if qty and symbol != CASH)


def _told(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
