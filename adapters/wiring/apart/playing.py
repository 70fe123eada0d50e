"""The player's seat: it holds the time, moves the market, and asks everybody else for their part of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from itertools import count
from typing import Any

import structlog

from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.streams import ensure_streams, remove_streams
from adapters.events.relay import Relay
from adapters.market.player import DEFAULT_SPEED, Player, PlayerClock
from adapters.market.steps import Step
from adapters.storage.checkpoints import PLAYER, Checkpoint, load
from adapters.storage.latest import TimeTeller, repeated
from adapters.wiring.apart.conductor import Ensemble
from adapters.wiring.apart.ground import Ground
from adapters.wiring.cast import Keep, let_happen, move_market
from adapters.wiring.journey import Plan, days_of, kept_plan, refuse_other_bars, refuse_the_past, route_of
from adapters.wiring.parts import read_recording

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 0.5
_TURNS_TO_COMPARE = 10
"""Every so many times that what people did settles, the books are held against the broker's: all 5 s."""


@dataclass(frozen=True)
class Start:
    """How the player is to begin: from where to where, how fast, whether it waits to be told."""

    plan: Plan
    speed: float | None = None
    paused: bool = False
    keep: Keep = "step"


@dataclass(frozen=True)
class Stand:
    """The player with the time it tells and the ensemble that it conducts.

    ``step_first``: a step is due at once, since the run begins in the middle of a session or broke off in
    the middle of a step.
    """

    player: Player
    ensemble: Ensemble
    teller: TimeTeller
    step_first: bool


class Conducting:
    """What the player and its clock call: before each step, when the time changes, and with the step."""

    def __init__(self, ensemble: Ensemble, teller: TimeTeller, keep: Keep, settled_at: datetime) -> None:
        self._ensemble = ensemble
        self._teller = teller
        self._keep = keep
        self._settled_at = settled_at

    def before_step(self) -> None:
        """What people did since the last step settles at its time, in the market that they saw."""
        self._ensemble.deliver()

    def tell(self, at: datetime) -> None:
        """The step at ``at`` begins: first on record, then for all to see."""
        self._ensemble.begin(self._settled_at, at)
        self._ensemble.insist(lambda: self._teller.tell(at), "the time could not be told")

    def step(self, step: Step) -> None:
        """The whole step, from its quotes to its last event, in all services."""
        let_in = move_market(self._ensemble, step)
        let_happen(self._ensemble, let_in, self._keep)
        self._ensemble.settle(step.at)
        self._settled_at = step.at


def stand_of(ground: Ground, start: Start) -> Stand:
    """A player that goes on where the store says, or begins as ``start`` says; its time is told from here on.

    Raises ``JourneyRefused`` for days without bars and for a plan that starts in the store's past.
    """
    resumed, asked = load(ground.store, PLAYER), _asked(start.plan)
    recording = read_recording(ground.settings)
    refuse_other_bars(recording, resumed)
    if resumed is None or resumed.state["asked"] != asked:  # a player started again as before goes on
        refuse_the_past(ground.store, recording, resumed, start.plan)
    first, last = days_of(recording, resumed, start.plan)
    at = start.plan.at if resumed is None else None
    settled_at = resumed.at if resumed else at or datetime.combine(first, time(), UTC)
    began = _began(resumed)
    teller = TimeTeller(ground.redis, began or settled_at)
    relay = Relay(ground.store, Publisher(ground.line))
    ground.line.on_reconnect(relay.wake)
    plan = kept_plan(recording, first, last)
    ensemble = Ensemble(ground, relay, teller, {"plan": plan, "asked": asked})
    if resumed is None:
        _begin_anew(ground, teller, ensemble, settled_at)
    conducting = Conducting(ensemble, teller, start.keep, settled_at)
    clock = PlayerClock(teller.now(), conducting.tell)
    route = route_of(recording, at, first, last, settled_at if resumed else None)
    player = Player(route, conducting.step, clock, start.speed or DEFAULT_SPEED, conducting.before_step)
    return Stand(player, ensemble, teller, step_first=began is not None or at is not None)


@contextmanager
def playing(stand: Stand, *, paused: bool) -> Iterator[None]:
    """The player plays, and between its steps what people did settles, until the end of the block."""
    ended = threading.Event()
    stand.ensemble.relay.start()
    threads = (
        threading.Thread(target=_play, args=(stand, paused), name="player"),
        threading.Thread(target=_settle_between_steps, args=(stand, ended), name="settling"),
    )
    with repeated(stand.teller.tell_again, "time"):  # on its own: whoever waits may be waiting for the time
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            stand.ensemble.give_up()
            stand.player.stop()
            for thread in threads:
                thread.join()
            stand.ensemble.relay.stop()


def _begin_anew(ground: Ground, teller: TimeTeller, ensemble: Ensemble, at: datetime) -> None:
    """What NATS and Redis hold of another store is forgotten before anybody can take it for this one's.

    Services wait for the checkpoint that comes last.
    """
    remove_streams(ground.line)
    ensure_streams(ground.line)
    ground.quotes.forget()
    teller.tell_again()
    ensemble.settle(at)


def _asked(plan: Plan) -> dict[str, Any]:
    return {name: None if value is None else value.isoformat() for name, value in asdict(plan).items()}


def _began(resumed: Checkpoint | None) -> datetime | None:
    """The step in the middle of which the player ended, if it did."""
    began = resumed.state["began"] if resumed else None
    return None if began is None else datetime.fromisoformat(began)


def _play(stand: Stand, paused: bool) -> None:
    if stand.step_first:
        try:
            stand.player.step()
        except Exception as error:  # logged and shown by the player, which repeats it when told to
            log.warning("the step that is due could not be finished yet", error=repr(error))
    if not paused:
        stand.player.resume()
    stand.player.play()


def _settle_between_steps(stand: Stand, ended: threading.Event) -> None:
    """Events of what people did are carried and followed, and now and then the books are compared."""
    turns = count(1)
    while not ended.wait(_IDLE_SECONDS):
        try:
            stand.player.between_steps(stand.ensemble.deliver)
            if next(turns) % _TURNS_TO_COMPARE == 0:
                stand.player.between_steps(stand.ensemble.compare)
        except Exception as error:  # whatever is away now, the next look must come
            log.warning("what people did could not be settled yet; it is tried again", error=repr(error))
