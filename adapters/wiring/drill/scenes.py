"""What is drilled: every stop a person can trip, every watcher with its condition brought about, and more.

A watcher's condition is brought about by what it looks at, made to say just as much as the limit allows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from adapters.execution import store as rows
from adapters.execution.controls.limits import Limits
from adapters.execution.happened import Happened, Happening
from adapters.execution.keys import Key
from adapters.execution.sending import Sending
from adapters.execution.service import Execution
from adapters.ports import Account, DayFigures, Market
from adapters.wiring.drill.stage import ADDED, BY, HELD, LEAVING, OURS, SOLD, Stage
from policy.contracts import Action
from policy.order_contracts import OrderRequest
from policy.ports import derived_id
from policy.rollout.phases import phase_in_force
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.standing import UNREADABLE
from policy.stops.tripping import PERSON
from policy.store import reading, writing

Trip = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """One stop: ``trip`` brings it about, and then it stands over ``scopes`` as ``state`` with ``cause``."""

    name: str
    trip: Trip
    scopes: Sequence[Scope] = (EVERYTHING,)
    state: StopState = StopState.HALTED
    exits: bool = True
    cause: str = PERSON

    @property
    def can_be_re_armed(self) -> bool:
        """A store that cannot be read is mended; there is nothing to re-arm."""
        return self.cause != UNREADABLE


@dataclass(frozen=True)
class _Lost:
    """An account that opened with ``opened`` dollars and has lost ``lost`` of them."""

    inner: Account
    opened: Decimal
    lost: Decimal

    def equity(self) -> Decimal | None:
        return self.inner.equity()

    def day(self) -> DayFigures | None:
        day = self.inner.day()
        return day and replace(day, opened_with=self.opened, equity=self.opened - self.lost)


@dataclass(frozen=True)
class _Throwing:
    """An account whose session cannot be summed up."""

    inner: Account

    def equity(self) -> Decimal | None:
        return self.inner.equity()

    def day(self) -> DayFigures | None:
        raise ArithmeticError("the drill lets the sums fail")


@dataclass(frozen=True)
class _Silent:
    """A market that was last heard of at ``heard``."""

    inner: Market
    heard: datetime

    def reference_price(self, symbol: str, side: Action) -> Decimal | None:
        return self.inner.reference_price(symbol, side)

    def is_open(self, at: datetime) -> bool:
        return self.inner.is_open(at)

    def closes_at(self, at: datetime) -> datetime | None:
        return self.inner.closes_at(at)

    def quoted_at(self, _symbol: str) -> datetime | None:
        return self.heard

    def last_quoted(self) -> datetime | None:
        return self.heard


class _Watch:
    """A clock that stands until it is turned."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def scenes() -> list[Scene]:
    """Everything that is drilled, in the order of the table."""
    symbols = tuple(map(Scope.symbol, (ADDED, LEAVING, HELD, SOLD)))
    covered = {"everything": (EVERYTHING,), "a symbol": symbols, "a strategy": (Scope.strategy(OURS),)}
    hardness = (
        ("reducing", StopState.REDUCING, True),
        ("halted", StopState.HALTED, True),
        ("halted, exits held", StopState.HALTED, False),
    )
    by_people = [
        Scene(f"{what}, {word}", _by_hand(scopes, state, exits), scopes, state, exits)
        for what, scopes in covered.items()
        for word, state, exits in hardness
    ]
    return [*by_people, *_by_watchers(), Scene("stops unreadable", _unreadable, cause=UNREADABLE)]


def _by_watchers() -> list[Scene]:
    ours = (Scope.strategy(OURS),)
    reducing = StopState.REDUCING
    return [
        Scene("daily drawdown", _drawdown, state=reducing, cause="daily-drawdown"),
        Scene("daily loss", _loss, state=reducing, cause="daily-loss"),
        Scene("market silent", _silence, cause="market-silent"),
        Scene("difference unresolved", _difference, cause="unresolved-reconciliation"),
        Scene("heartbeat missed", _heartbeat, cause="missed-heartbeat"),
        Scene("watcher failed", _failure, cause="watcher-failed"),
        Scene("gate passed by", _passed_by, cause="gate-passed-by"),
        Scene("repeated executions", _executions, ours, cause="repeated-executions"),
        Scene("repeated rejections", _rejections, ours, cause="repeated-rejections"),
    ]


def _by_hand(scopes: Sequence[Scope], state: StopState, exits: bool) -> Trip:
    def trip(stage: Stage) -> None:
        for scope in scopes:
            stage.house.execution.parts.stops.trip(scope, state, cause=PERSON, by=BY, note=BY, exits=exits)

    return trip


def _drawdown(stage: Stage) -> None:
    limits, parts = _limits(stage), stage.house.execution.parts
    opened = Decimal(100)
    lost = _Lost(parts.account, opened, opened * limits.daily_drawdown_pct)
    Execution(replace(parts, account=lost)).guard()


def _loss(stage: Stage) -> None:
    limits, parts = _limits(stage), stage.house.execution.parts
    lost = _Lost(parts.account, limits.daily_loss * 1_000_000, limits.daily_loss)
    Execution(replace(parts, account=lost)).guard()


def _silence(stage: Stage) -> None:
    limits, parts = _limits(stage), stage.house.execution.parts
    heard = stage.house.clock.now() - timedelta(seconds=limits.market_silence_seconds)
    Execution(replace(parts, market=_Silent(parts.market, heard))).guard()


def _difference(stage: Stage) -> None:
    limits, parts = _limits(stage), stage.house.execution.parts
    since = stage.house.clock.now() - timedelta(seconds=limits.reconcile_patience_seconds)
    with writing(parts.store) as connection:
        rows.freeze(connection, since, "DRILL", "part of the drill")
    stage.house.execution.guard()


def _heartbeat(stage: Stage) -> None:
    def silence() -> object:
        raise ConnectionError("the drill lets nobody answer")

    real = _Watch(stage.house.clock.now())
    execution = Execution(stage.house.execution.parts, real, {"portfolio": silence})
    execution.watch()
    real.at += timedelta(seconds=_limits(stage).heartbeat_seconds)
    execution.watch()


def _failure(stage: Stage) -> None:
    parts = stage.house.execution.parts
    Execution(replace(parts, account=_Throwing(parts.account))).guard()


def _passed_by(stage: Stage) -> None:
    """The broker acknowledges an order that was denied for want of an approval."""
    key = Key(BY, "never approved")
    request = OrderRequest(
        signal_id=UUID(int=0), symbol=ADDED, side="BUY", qty=Decimal(1), order_type="MARKET"
    )
    stage.house.execution.place(key, request, BY)
    told = Happened(Happening.ACK, stage.house.clock.now(), "broker")
    Sending(stage.house.execution.parts).apply(key.order_id, told)


def _executions(stage: Stage) -> None:
    """The strategy's fills of the morning are as many as the limit, and it proposes once more."""
    _repeat(stage, executions_per_strategy_per_day=1)


def _rejections(stage: Stage) -> None:
    """The broker rejects an order of the strategy, as many as the limit, and it proposes once more."""
    decision = stage.approve(HELD, "BUY", OURS, 0.002)
    stage.house.execution.follow([decision])
    order_id = derived_id("order", "house", str(decision.decision_id))
    rejected = Happened(Happening.BROKER_REJECT, stage.house.clock.now(), "broker")
    Sending(stage.house.execution.parts).apply(order_id, rejected)
    _repeat(stage, rejections_per_strategy_per_day=1)


def _repeat(stage: Stage, **limits: int) -> None:
    parts = stage.house.execution.parts
    with reading(parts.store) as connection:
        phase = phase_in_force(connection)
    tight = {**parts.limits, phase: replace(parts.limits[phase], **limits)}  # type: ignore[arg-type]
    Execution(replace(parts, limits=tight)).follow([stage.approve(HELD, "BUY", OURS, 0.001)])


def _unreadable(stage: Stage) -> None:
    with writing(stage.house.store) as connection:
        connection.execute(text("ALTER TABLE stops RENAME TO stops_lost"))


def _limits(stage: Stage) -> Limits:
    parts = stage.house.execution.parts
    with reading(parts.store) as connection:
        return parts.bounds(connection).limits
