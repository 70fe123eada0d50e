"""One scene of a drill: the stop is tripped, everything it should block or let pass is tried, and compared.

1. Orders of every kind are at work, and approvals are in hand that were given before the trip: so what then
   holds them back is execution, whatever the rules say.
2. The stop is tripped and obeyed.
3. New risk, a signal that only reduces, an exit, a cancel, and what the stop is not about are tried.
4. A new process on the same store finds it tripped, and its rules reject new risk as well.
5. A person re-arms it, and new risk passes.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.execution.order import Order
from adapters.execution.store import one
from adapters.wiring.drill.scenes import Scene
from adapters.wiring.drill.stage import ADDED, BESIDE, BY, HELD, LEAVING, OTHER, OURS, SOLD, Stage, Stages
from policy.contracts import Decision
from policy.order_contracts import OrderState
from policy.ports import derived_id
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.tripping import StopRefused
from policy.store import reading

BLOCKED, PASSES, CANCELLED, STAYS = "blocked", "passes", "cancelled", "stays"
NOTHING = "-"

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Played:
    """What a scene came to: ``found`` beside what was ``expected``, and ``seconds`` from trip to quiet."""

    stop: str
    cause: str
    expected: Cells
    found: Cells
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether everything was blocked, cancelled and let out as the table of stops says."""
        return self.expected == self.found

    @property
    def differences(self) -> list[str]:
        """What was not as expected, in words."""
        wrong = [name for name, word in self.expected.items() if self.found.get(name) != word]
        return [f"{name}: {self.found.get(name)}, not {self.expected[name]}" for name in wrong]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "stop": self.stop,
            "cause": self.cause,
            "as_expected": self.as_expected,
            "found": dict(self.found),
            "expected": dict(self.expected),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class _InHand:
    """What there is when the stop is tripped: approvals that were not followed yet, and orders at work."""

    new: Decision
    reducing: Decision
    beside: Decision
    later: Decision
    adding: UUID
    leaving: UUID
    working_beside: UUID


def expected_of(scene: Scene) -> Cells:
    """What the table of stops says about ``scene``; exits belong to no strategy, so none holds them."""
    everything = EVERYTHING in scene.scopes
    exits = scene.exits or scene.scopes[0].kind == "strategy"
    return {
        "cause": scene.cause,
        "new risk": BLOCKED,
        "reducing signal": PASSES if scene.state is StopState.REDUCING else BLOCKED,
        "exit": PASSES if exits else BLOCKED,
        "at work, adding": CANCELLED,
        "at work, exit": STAYS if exits else CANCELLED,
        "cancel": PASSES if exits else NOTHING,
        "beside": BLOCKED if everything else PASSES,
        "at work, beside": CANCELLED if everything else STAYS,
        "next process": "stopped",
        "its rules": "REJECT",
        "re-armed": PASSES if scene.can_be_re_armed else NOTHING,
    }


def play(stages: Stages, scene: Scene, place: int) -> Played:
    """Play ``scene`` on a stage of its own, number ``place``."""
    with stages.copy(f"scene-{place:02d}") as stage:
        in_hand = _prepare(stage)
        began = time.monotonic()
        scene.trip(stage)
        stage.house.execution.obey()
        seconds = time.monotonic() - began
        found = {"cause": _cause(stage, scene), **_tried(stage, in_hand)}
        found |= _next_process(stages, stage)
        found["re-armed"] = _let_go(stage, scene, in_hand) if scene.can_be_re_armed else NOTHING
        return Played(scene.name, scene.cause, expected_of(scene), found, seconds)


def _prepare(stage: Stage) -> _InHand:
    """Approvals and working orders of every kind; each deal has a size of its own, so none is a duplicate."""
    follow = stage.house.execution.follow
    adding = stage.approve(ADDED, "BUY", OURS, 0.002)
    beside = stage.approve(BESIDE, "BUY", OTHER, 0.002)
    follow([adding, beside])
    [leaving] = stage.house.execution.flatten(LEAVING, BY).orders
    return _InHand(
        new=stage.approve(ADDED, "BUY", OURS, 0.003),
        reducing=stage.approve(SOLD, "SELL", OURS, 0.001),
        beside=stage.approve(BESIDE, "BUY", OTHER, 0.003),
        later=stage.approve(ADDED, "BUY", OURS, 0.004),
        adding=_order_id(adding),
        leaving=leaving.order_id,
        working_beside=_order_id(beside),
    )


def _tried(stage: Stage, in_hand: _InHand) -> dict[str, str]:
    found = {
        "new risk": _followed(stage, in_hand.new),
        "reducing signal": _followed(stage, in_hand.reducing),
        "exit": _left(stage),
        "at work, adding": _kept(stage, in_hand.adding),
        "at work, exit": _kept(stage, in_hand.leaving),
        "beside": _followed(stage, in_hand.beside),
        "at work, beside": _kept(stage, in_hand.working_beside),
    }
    found["cancel"] = _cancelled(stage, in_hand.leaving) if found["at work, exit"] == STAYS else NOTHING
    return found


def _cause(stage: Stage, scene: Scene) -> str:
    stops = stage.house.execution.parts.stops.in_force()
    standing = [stops.at(scope) for scope in scene.scopes]
    fits = all(
        stop is not None and (stop.state, stop.exits) == (scene.state, scene.exits) for stop in standing
    )
    causes = {stop.cause for stop in standing if stop is not None}
    return " and ".join(sorted(causes)) if fits else f"not stopped as it should be ({sorted(causes)})"


def _followed(stage: Stage, decision: Decision) -> str:
    """What becomes of an approval that was given before the trip."""
    stage.house.execution.follow([decision])
    return _outcome(_order(stage, _order_id(decision)))


def _left(stage: Stage) -> str:
    [leaving] = stage.house.execution.flatten(HELD, BY).orders
    return _outcome(_order(stage, leaving.order_id))


def _outcome(order: Order) -> str:
    codes = [reason.code for reason in order.reasons]
    if order.state is OrderState.ACCEPTED:
        return PASSES
    return BLOCKED if codes == ["stopped"] else f"{order.state.value} ({', '.join(codes)})"


def _kept(stage: Stage, order_id: UUID) -> str:
    state = _order(stage, order_id).state
    words = {OrderState.ACCEPTED: STAYS, OrderState.CANCELLED: CANCELLED}
    return words.get(state, state.value)


def _cancelled(stage: Stage, order_id: UUID) -> str:
    stage.house.execution.cancel(order_id, BY)
    return PASSES if _order(stage, order_id).state is OrderState.CANCELLED else BLOCKED


def _next_process(stages: Stages, stage: Stage) -> dict[str, str]:
    """What a process finds that begins on the same store: the stop, and rules that know of it."""
    again = Stage(stages.build(stage.house.store), stage.numbers)
    over = again.house.execution.parts.stops.in_force().over(ADDED, OURS)
    decision = again.decide(ADDED, "BUY", OURS, 0.005)
    return {"next process": "stopped" if over is not None else "not stopped", "its rules": decision.decision}


def _let_go(stage: Stage, scene: Scene, in_hand: _InHand) -> str:
    stops = stage.house.execution.parts.stops
    try:
        for scope in scene.scopes:
            stops.rearm(scope, by="a person", note="part of the drill")
    except StopRefused as refused:
        return f"cannot be ({refused})"
    return _followed(stage, in_hand.later)


def _order(stage: Stage, order_id: UUID) -> Order:
    with reading(stage.house.store) as connection:
        kept = one(connection, order_id)
    assert kept is not None, "every approval that is followed becomes an order"
    return kept.order


def _order_id(decision: Decision) -> UUID:
    return derived_id("order", "house", str(decision.decision_id))
