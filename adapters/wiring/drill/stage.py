"""The stage of a drill: a played house of its own that holds shares and has orders at work.

It is set up once, on a store in a folder of its own, and every scene plays on a copy of that. Nothing of it
touches the store that the house trades on. Its broker is in good order: what is drilled are the stops.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from adapters.market.steps import Step, steps
from adapters.settings import STORE_FILE, Settings
from adapters.storage.checkpoints import HOUSE, load
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.strategy.scenario import calm_history_with_faults
from adapters.wiring.cast import move_market
from adapters.wiring.flow import HouseCast
from adapters.wiring.house import House, build_house, players_clock
from adapters.wiring.parts import Recording, read_recording
from adapters.wiring.refusal import Refused
from policy.contracts import Action, Decision, ReasoningMemo, SignalCandidate
from policy.ports import derived_id
from policy.problems import Problem
from policy.proposal import proposal_of_signal

DAY = date(2012, 6, 4)
OURS, OTHER = "drill-one", "drill-two"
"""The strategy that stops are about, and one that they are not."""
ADDED, LEAVING, HELD, SOLD, BESIDE = "IBM", "MSFT", "GOOG", "AAPL", "FB"
"""Symbols: one that is being bought, one with an exit at work, one that is held and to be left, one that a
signal wants to sell, and one that no stop of a symbol is about."""
BY = "drill"
_SIZE, _STEPS = 0.004, 3


class StageBroken(Refused):
    """The drill could not be set up, so it says nothing about the stops; its text says where it failed."""


@dataclass(frozen=True)
class Stage:
    """A house that stands in the middle of a session, and the hand that plays its strategies."""

    house: House
    numbers: Iterator[int]

    def decide(self, symbol: str, side: Action, strategy: str, size: float = _SIZE) -> Decision:
        """What the house's rules say of a proposal; what they leave to a person is approved by one."""
        now, number = self.house.clock.now(), next(self.numbers)
        signal = SignalCandidate(
            signal_id=derived_id("signal", BY, number),
            symbol=symbol,
            candidate_action=side,
            confidence=0.9,
            size_pct=size,
            strategy=strategy,
            model_version=BY,
            stop_distance_pct=0.01,
            created_at=now,
        )
        measured = self.house.policy.reviews.contexts.measure(symbol, now, side)
        memo = ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED")
        proposal = proposal_of_signal(signal, measured, memo)
        [decision] = self.house.policy.evaluation.evaluate_batch([proposal])
        if isinstance(decision, Problem):
            raise StageBroken(f"a proposal in {symbol} got no decision: {decision.detail}")
        return self._answered(decision)

    def approve(self, symbol: str, side: Action, strategy: str, size: float = _SIZE) -> Decision:
        """As ``decide``, where nothing but an approval will do; raises ``StageBroken`` on any other."""
        decision = self.decide(symbol, side, strategy, size)
        if decision.decision != "APPROVE":
            why = "; ".join(reason.message for reason in decision.reasons)
            raise StageBroken(f"{side} {symbol} was to be approved for the drill and was not: {why}")
        return decision

    def advance(self, step: Step) -> None:
        """The market moves on and the broker trades; strategies are silent but for this hand."""
        cast = HouseCast(self.house, {"from": DAY.isoformat(), "to": DAY.isoformat()})
        players_clock(self.house).jump(step.at)
        step = move_market(cast, step)
        cast.trade(step)
        cast.catch_up(step.at)
        cast.settle(step.at)

    def _answered(self, decision: Decision) -> Decision:
        if decision.review_id is None:
            return decision
        return self.house.policy.reviews.approve(decision.review_id, BY, "part of the drill")


@dataclass(frozen=True)
class Stages:
    """Makes stages below ``folder``, each as the first was left."""

    settings: Settings
    recording: Recording
    folder: Path

    def prepare(self) -> None:
        """Play until shares of three symbols are held; raises ``StageBroken`` where that fails."""
        day = steps(self.recording.tape, self.recording.calendar, DAY, DAY)
        with self._on(self.folder / "prepared") as stage:
            stage.advance(next(day))
            bought = [stage.approve(symbol, "BUY", OURS) for symbol in (LEAVING, HELD, SOLD)]
            stage.house.execution.follow(bought)
            for _ in range(_STEPS):
                stage.advance(next(day))
            held = {one for one, position in stage.house.portfolio.account.positions.items() if position.qty}
            if missing := {LEAVING, HELD, SOLD} - held:
                raise StageBroken(f"{', '.join(sorted(missing))} could not be bought for the drill")

    @contextmanager
    def copy(self, name: str) -> Iterator[Stage]:
        """A stage as ``prepare`` left it, on a store of its own."""
        home = self.folder / name
        home.mkdir()
        shutil.copy(self.folder / "prepared" / STORE_FILE, home / STORE_FILE)
        with self._on(home) as stage:
            yield stage

    @contextmanager
    def _on(self, home: Path) -> Iterator[Stage]:
        settings = self.settings.at_home(home)
        home.mkdir(exist_ok=True)
        store = open_store(settings.store_url())
        _hurry(store)
        try:
            yield Stage(self.build(store, settings), count(1 if home.name == "prepared" else 100))
        finally:
            _leave_one_file(store)

    def build(self, store: Engine, settings: Settings | None = None) -> House:
        """A house on ``store``, as a process that has just begun builds it."""
        resumed = load(store, HOUSE)
        start = datetime.combine(DAY, time(), UTC)
        library = FrozenPacks(self.settings.rules)
        house = build_house(settings or self.settings, store, library, self.recording, start, resumed)
        house.policy.shelf.stock()
        house.execution.recover()
        return house


def stages_in(settings: Settings, folder: Path) -> Stages:
    """Stages on the sample bars without the scenario's faults; reads the bars, which takes seconds."""
    settings = settings.model_copy(update={"broker": "paper", "bars": None})  # nothing goes outside
    faulty = calm_history_with_faults(settings.scenario_seed)
    calm = replace(faulty, name="calm-history", gap_rate=0.0, thin_rate=0.0, broker_faults={})
    return Stages(settings, read_recording(settings, calm), folder)


def _hurry(store: Engine) -> None:
    """Let commits be in memory soon and on disk some time: nobody goes on from a stage after a power cut."""
    store.dispose()

    @event.listens_for(store, "connect")
    def _without_syncs(connection: Any, _entry: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")


def _leave_one_file(store: Engine) -> None:
    """Everything is in the one file of the store afterwards, so that it can be copied."""
    with store.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.dispose()
