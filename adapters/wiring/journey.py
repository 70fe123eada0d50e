"""From where to where a house is played: a fresh store, one that goes on, or a refusal that says why."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from adapters.market.archive import SAMPLE_NAME
from adapters.market.player import DEFAULT_SPEED, Player
from adapters.market.steps import Step, start_step, steps
from adapters.settings import STORE_FILE, Settings
from adapters.storage.checkpoints import HOUSE, Checkpoint, load
from adapters.storage.database import connections_of, open_store
from adapters.storage.packs import ChosenPacks, FrozenPacks
from adapters.wiring.cast import Keep
from adapters.wiring.flow import Flow
from adapters.wiring.house import House, build_house, players_clock
from adapters.wiring.parts import Recording, read_recording
from adapters.wiring.phases import begin, phase_packs, refuse_a_later_phase
from adapters.wiring.refusal import JourneyRefused
from policy.contracts import utc_text
from policy.decisions import last_evaluation
from policy.ports import Clock
from policy.rollout.phases import Phase
from policy.store import reading


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for; ``at`` starts in the middle of a session with every symbol's quote as of then.

    A new store begins in ``phase`` of the rollout, in development without it.
    """

    first: date | None = None
    last: date | None = None
    at: datetime | None = None
    phase: Phase | None = None

    @property
    def starts(self) -> datetime | None:
        """The earliest moment the plan touches, where it says."""
        first = datetime.combine(self.first, time(), UTC) if self.first else None
        return self.at or first

    def to_state(self) -> dict[str, Any]:
        """Plain JSON values, kept with the run."""
        return {
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
        }


@dataclass(frozen=True)
class Journey:
    """A house on its way: the player moves it, ``flow`` is what each step causes."""

    house: House
    flow: Flow
    player: Player
    first: date
    last: date


@contextmanager
def journey(
    settings: Settings,
    plan: Plan,
    keep: Keep,
    speed: float | None = None,
    house_packs: Sequence[tuple[str, str]] = (),
    real: Clock | None = None,
) -> Iterator[Journey]:
    """A started house with its player; closes the policy service and the store at the end.

    In a new store ``house_packs``, names with versions, judge instead of the default shelf. ``real`` is the
    clock by which people wait, where some do.

    Raises:
        UnsafeSettings: a model is to reason and none is named.
        JourneyRefused: the plan starts before the store's last fact, where there are no bars, or in
            another phase than the store is in.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.home):
        store = open_store(settings.store_url(), connections_of(settings))
        try:
            yield from _travel(settings, store, plan, keep, speed or DEFAULT_SPEED, house_packs, real)
        finally:
            store.dispose()


def _travel(
    settings: Settings,
    store: Engine,
    plan: Plan,
    keep: Keep,
    speed: float,
    house_packs: Sequence[tuple[str, str]],
    real: Clock | None,
) -> Iterator[Journey]:
    resumed = load(store, HOUSE)
    recording = read_recording(settings)
    refuse_the_past(store, recording, resumed, plan)
    first, last = days_of(recording, resumed, plan)
    start = plan.at or datetime.combine(first, time(), UTC)
    library = ChosenPacks(
        FrozenPacks(settings.rules), tuple(house_packs), phase_packs(settings, store, plan.phase)
    )
    house = build_house(settings, store, library, recording, start, resumed, real)
    begin(store, house.policy.shelf, house.clock, plan.phase)
    house.policy.start()
    try:
        flow = Flow(house, resumed, keep, kept_plan(recording, first, last))
        route = route_of(recording, plan.at, first, last, resumed.at if resumed else None)
        player = Player(route, flow, players_clock(house), speed, flow.before_step)
        if plan.at is not None:
            player.step()  # who asks for a moment finds its quotes there, not one step later
        _catch_up(player, flow.broke_off)
        yield Journey(house, flow, player, first, last)
    finally:
        house.stop()


def _catch_up(player: Player, broke_off: datetime | None) -> None:
    """Play up to what is on record already, so that a run that goes on stands where it broke off."""
    while broke_off is not None and player.status.state != "done" and player.status.time < broke_off:
        player.step()


def days_of(recording: Recording, resumed: Checkpoint | None, plan: Plan) -> tuple[date, date]:
    """The days to play: as asked, else as the interrupted run had it, else from where all symbols trade."""
    kept = resumed.state["plan"] if resumed else {}
    before = {name: date.fromisoformat(kept[name]) for name in ("from", "to") if kept.get(name)}
    begins = recording.archive.all_trade_from
    first = plan.first or (plan.at.date() if plan.at else before.get("from", begins))
    last = plan.last or before.get("to", recording.tape.last_day)
    if first > recording.tape.last_day or last < recording.tape.first_day:
        days = f"{recording.tape.first_day} to {recording.tape.last_day}"
        raise JourneyRefused(f"there are no bars for {first}; choose days within {days}")
    if first > last:
        raise JourneyRefused(f"--from {first} is after --to {last}; swap them")
    return first, last


def route_of(
    recording: Recording, at: datetime | None, first: date, last: date, after: datetime | None
) -> Iterator[Step]:
    tape, calendar = recording.tape, recording.calendar
    if at is not None:
        try:
            yield start_step(tape, calendar, at)
        except ValueError as error:
            raise JourneyRefused(str(error)) from error
        after = at
    yield from steps(tape, calendar, first, last, after, recording.scenario.withheld)


def kept_plan(recording: Recording, first: date, last: date) -> dict[str, Any]:
    """What is kept of a run's plan: its days, and which bars it plays where these are not the sample."""
    name = recording.archive.name
    return Plan(first, last).to_state() | ({} if name == SAMPLE_NAME else {"bars": name})


def refuse_other_bars(recording: Recording, resumed: Checkpoint | None) -> None:
    """What a store has was decided in the light of its own bars."""
    if resumed and resumed.state["plan"].get("bars", SAMPLE_NAME) != recording.archive.name:
        raise JourneyRefused(
            "the store was played on other bars; name those again with --bars, or start anew with --fresh"
        )


def refuse_the_past(store: Engine, recording: Recording, resumed: Checkpoint | None, plan: Plan) -> None:
    """A store only ever goes forward, on the same bars: what it has was decided in the light of those."""
    if resumed is not None and resumed.is_live:
        raise JourneyRefused(
            "this store is a live house's, and nothing is played into it; go on with `trivet run --live`, or "
            "play in a folder of its own, TRIVET_HOME"
        )
    refuse_other_bars(recording, resumed)
    with reading(store) as connection:
        decided = last_evaluation(connection)
    facts = [at for at in (resumed.at if resumed else None, decided) if at]
    if resumed and plan.at is None and plan.to_state()["from"] in (None, resumed.state["plan"]["from"]):
        return
    starts = plan.starts or datetime.combine(recording.archive.all_trade_from, time(), UTC)
    if facts and starts < max(facts):
        raise JourneyRefused(
            f"the store's last fact is of {utc_text(max(facts))}, later than {utc_text(starts)}; "
            "leave the time out to go on, or start anew with --fresh"
        )
    refuse_a_later_phase(store, starts)


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """One run per data folder: two would move one clock, and trade on one book."""
    with (home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JourneyRefused(f"{home} is in use by another run; stop it or set TRIVET_HOME") from error
        yield


def set_aside(settings: Settings) -> Path | None:
    """Move the SQLite store into ``old/`` of the data folder: a run starts anew and nothing is lost.

    Raises ``JourneyRefused`` while another run is using it, and for Postgres.
    """
    if settings.database_url is not None:
        raise JourneyRefused(
            "--fresh moves an SQLite file aside; for Postgres name an empty database instead"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.home):
        files = sorted(settings.home.glob(f"{STORE_FILE}*"))
        return _moved(files, settings.home / "old") if files else None


def _moved(files: Sequence[Path], kept: Path) -> Path:
    """Move ``files`` into the next numbered folder of ``kept``; gives that folder."""
    numbers = (int(place.name) for place in kept.glob("*") if place.name.isdecimal())
    place = kept / f"{max(numbers, default=0) + 1:03d}"
    place.mkdir(parents=True)
    for file in files:
        file.rename(place / file.name)
    return place
