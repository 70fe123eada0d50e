"""What watchers read, and when that trips a stop: pure values, decided by the limits of the phase in force.

A tripped stop stays until a person re-arms it, and who re-arms knows what stands. So the worst that was seen
until then is marked, and the same watcher trips again only for more than that: for a loss, anything more;
for silence and open differences, as much again as the limit. A new occasion (another session, another
silence) counts from nothing, and so does one that had gone back below its limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.execution.controls.trial import Bounds
from adapters.ports import DayFigures
from policy.contracts import utc_text
from policy.stops.scope import EVERYTHING, Scope, StopState

FAILED = "watcher-failed"
HEARTBEAT = "missed-heartbeat"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one watcher sees: ``measure`` trips ``scope`` from ``limit`` on, in the unit that ``words`` name.

    ``episode`` names the occasion; ``slack`` is how much worse than its mark it may become before it trips
    anew after a person has re-armed.
    """

    cause: str
    state: StopState
    measure: Decimal
    limit: Decimal
    episode: str
    words: str
    slack: Decimal = _ZERO
    scope: Scope = EVERYTHING

    @property
    def is_past(self) -> bool:
        """Whether the limit is reached."""
        return self.measure >= self.limit


@dataclass(frozen=True, slots=True)
class Mark:
    """The worst that a watcher has tripped for on one occasion."""

    episode: str
    measure: Decimal


def is_worse(reading: Reading, mark: Mark | None) -> bool:
    """Whether ``reading`` is more than what ``mark`` has of the same occasion; its slack does not count."""
    return mark is None or mark.episode != reading.episode or reading.measure > mark.measure


def trips(reading: Reading, mark: Mark | None) -> bool:
    """Whether a scope that is not stopped is to be stopped for ``reading``."""
    if not reading.is_past:
        return False
    if mark is None or mark.episode != reading.episode:
        return True
    return reading.measure > mark.measure + reading.slack


def of_losses(day: DayFigures | None, bounds: Bounds) -> Iterator[Reading]:
    """The session's loss by dollars and by share of what it opened with; nothing before the first session.

    Only what adds risk is held: strategies may still sell what they hold. Raises ValueError where the book
    opened with nothing, since no share of that can be told.
    """
    if day is None:
        return
    if day.opened_with <= 0:
        raise ValueError(
            f"the session opened with {day.opened_with} dollars; no drawdown can be told of that"
        )
    limits, session = bounds.limits, day.session.isoformat()
    share = day.lost / day.opened_with
    yield Reading(
        cause="daily-drawdown",
        state=StopState.REDUCING,
        measure=share,
        limit=limits.daily_drawdown_pct,
        episode=session,
        words=f"{share:.4f} of the {day.opened_with:.2f} dollars of the open are lost; "
        f"the limit is {_told(bounds, 'daily_drawdown_pct')}",
    )
    yield Reading(
        cause="daily-loss",
        state=StopState.REDUCING,
        measure=day.lost,
        limit=limits.daily_loss,
        episode=session,
        words=f"{day.lost:.2f} dollars are lost since the open; the limit is {_told(bounds, 'daily_loss')}",
    )


def of_silence(known_at: datetime, now: datetime, bounds: Bounds) -> Reading:
    """How long an open market has told nothing: ``known_at`` is the time of the last that is known of it."""
    silent, limit = _seconds(known_at, now), Decimal(bounds.limits.market_silence_seconds)
    return Reading(
        cause="market-silent",
        state=StopState.HALTED,
        measure=silent,
        limit=limit,
        episode=utc_text(known_at),
        slack=limit,
        words=f"nothing new of an open market for {silent} s; "
        f"the limit is {_told(bounds, 'market_silence_seconds')}",
    )


def of_differences(since: datetime | None, now: datetime, bounds: Bounds) -> Iterator[Reading]:
    """How long the oldest difference to the broker's books has been waiting; nothing for none."""
    if since is None:
        return
    waits, limit = _seconds(since, now), Decimal(bounds.limits.reconcile_patience_seconds)
    yield Reading(
        cause="unresolved-reconciliation",
        state=StopState.HALTED,
        measure=waits,
        limit=limit,
        episode=utc_text(since),
        slack=limit,
        words=f"a difference to the broker's books is {waits} s old; "
        f"the limit is {_told(bounds, 'reconcile_patience_seconds')}; see `trivet reconcile`",
    )


def of_heartbeat(component: str, answered_at: datetime, now: datetime, bounds: Bounds) -> Reading:
    """How long ``component`` has not answered, in real time."""
    silent, limit = _seconds(answered_at, now), Decimal(bounds.limits.heartbeat_seconds)
    return Reading(
        cause=HEARTBEAT,
        state=StopState.HALTED,
        measure=silent,
        limit=limit,
        episode=f"{component} {utc_text(answered_at)}",
        slack=limit,
        words=f"the {component} service has not answered for {silent} s; "
        f"the limit is {_told(bounds, 'heartbeat_seconds')}",
    )


def _seconds(since: datetime, now: datetime) -> Decimal:
    return Decimal(str((now - since).total_seconds()))


def _told(bounds: Bounds, name: str) -> str:
    return f"{getattr(bounds.limits, name)} ({bounds.source(name)})"
