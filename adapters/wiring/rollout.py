"""The rollout put together: on the records, limits and packs that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from adapters.settings import Settings
from adapters.storage.packs import FrozenPacks
from adapters.storage.rollout import read_terms
from adapters.wiring.evidence import Records
from adapters.wiring.store import clock_of, store_of
from policy.packs import PackLoader
from policy.ports import Clock
from policy.rollout.rollout import Rollout
from policy.shelf import Shelf


def rollout_of(settings: Settings, store: Engine, clock: Clock) -> Rollout:
    """The rollout on ``store``; raises ``TermsUnfit`` where its terms cannot be read."""
    loader = PackLoader(FrozenPacks(settings.rules))
    shelf = Shelf(store, loader, clock)
    return Rollout(store, shelf, loader, clock, Records(store, settings.rules), read_terms(settings.rules))


@contextmanager
def open_rollout(settings: Settings) -> Iterator[Rollout]:
    """The rollout of the settings' store, whose shelf is stocked when it is new, at the time it goes by."""
    with store_of(settings) as store:
        rollout = rollout_of(settings, store, clock_of(store))
        rollout.shelf.stock()
        yield rollout
