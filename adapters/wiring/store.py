"""The store and the shelf for commands that need no market."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Engine

from adapters.clock import SystemClock
from adapters.settings import STORE_FILE, Settings
from adapters.storage.checkpoints import HOUSE, PLAYER, load
from adapters.storage.database import connections_of, open_store
from adapters.storage.packs import FrozenPacks
from adapters.together.lease import read_environment
from policy.contracts import EvaluateRequest
from policy.facts import NOTHING, Measured
from policy.house_facts import NO_BOOKS, measured
from policy.packs import PackLoader
from policy.ports import Clock
from policy.proposal import proposal_of_request
from policy.shelf import InForce, Shelf, in_force
from policy.store import reading


@contextmanager
def store_of(settings: Settings) -> Iterator[Engine]:
    """The migrated store of ``settings``; its data folder is made if need be."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url(), connections_of(settings))
    try:
        yield store
    finally:
        store.dispose()


def live_stores(settings: Settings) -> list[Settings]:
    """The settings of every store that may be trading with this data folder, for what must miss none.

    A database that is named is the one. Else it is the one of services apart, where they are up, and the
    file of ``trivet run``, which is left out only if it is not there while the others are.
    """
    if settings.database_url is not None:
        return [settings]
    named = read_environment(settings.home).get("TRIVET_DATABASE_URL")
    apart = [settings.model_copy(update={"database_url": SecretStr(named)})] if named else []
    alone = [settings] if not apart or (settings.home / STORE_FILE).exists() else []
    return apart + alone


@contextmanager
def open_shelf(settings: Settings, clock: Clock | None = None) -> Iterator[Shelf]:
    """The shelf of ``settings``' store, stocked with the default packs when the store is new."""
    with store_of(settings) as store:
        shelf = Shelf(store, PackLoader(FrozenPacks(settings.rules)), clock or SystemClock())
        shelf.stock()
        yield shelf


def packs_for_callers(settings: Settings) -> InForce:
    """What judges callers' requests now. A store that is not there yet is not made for a look."""
    loader = PackLoader(FrozenPacks(settings.rules))
    if not _is_there(settings):
        return in_force([loader.load(*pair) for pair in loader.library.default_shelf()["callers"]])
    with store_of(settings) as store, reading(store) as connection:
        return Shelf(store, loader, SystemClock()).judging(connection)["callers"]


@dataclass(frozen=True, slots=True)
class StandingClock:
    """Stands at one time: that of a played run which another process moves on, or nobody."""

    at: datetime

    def now(self) -> datetime:
        """The time it stands at."""
        return self.at


def clock_of(store: Engine) -> Clock:
    """The time that the records of ``store`` go by: where a played run stands, else the real one.

    A played house of 2012 is judged by its own days; what is done to it from a terminal belongs to them. A
    live one goes by the real clock, wherever it stood last.
    """
    runs = (load(store, name) for name in (HOUSE, PLAYER))
    stood = [run.at for run in runs if run is not None and not run.is_live]
    return StandingClock(max(stood)) if stood else SystemClock()


def stops_told(settings: Settings, judging: InForce, request: EvaluateRequest, at: datetime) -> Measured:
    """What the house says of ``request`` without being run: its stops, as far as ``judging`` reads them."""
    if not judging.house_inputs or not _is_there(settings):
        return NOTHING
    with store_of(settings) as store, reading(store) as connection:
        asked = [proposal_of_request(request)]
        return measured(connection, NO_BOOKS, judging.house_inputs, asked, at)[0]


def _is_there(settings: Settings) -> bool:
    """Whether the store was ever made; one on a server is asked whatever became of it."""
    return settings.database_url is not None or (settings.home / STORE_FILE).exists()
