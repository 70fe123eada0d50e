"""A house on a live market, put together from settings: refused where what it needs is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from adapters.brokers.alpaca.broker import AlpacaBroker
from adapters.market.alpaca.source import AlpacaSource
from adapters.market.closing.session_bars import SessionBars
from adapters.market.context import LiveGauge
from adapters.market.pacer import Pacer
from adapters.settings import Settings
from adapters.storage.checkpoints import HOUSE, LIVE, Checkpoint, load
from adapters.storage.database import connections_of, open_store
from adapters.storage.packs import ChosenPacks, FrozenPacks
from adapters.wiring.blackouts import read_blackouts
from adapters.wiring.house import House, house_on
from adapters.wiring.journey import alone_in
from adapters.wiring.live.closing import Closing
from adapters.wiring.live.duties import LiveDuties
from adapters.wiring.live.feed import Feed
from adapters.wiring.live.going_on import BROKER, refuse_another_book
from adapters.wiring.live.market import live_source
from adapters.wiring.live.scene import LiveMarket, open_market
from adapters.wiring.parts import QuotedMarket, paper_broker
from adapters.wiring.phases import phase_packs
from adapters.wiring.sandbox import refuse_unfit_account, sandbox_broker
from adapters.wiring.scene import Seated, Stage
from policy.ports import Clock


@dataclass(frozen=True)
class Live:
    """A live house with its market, what paces it and what feeds it.

    ``outside`` is the broker where that has a stream of its own to listen to; None for the paper broker.
    """

    house: House
    market: LiveMarket
    pacer: Pacer
    feed: Feed
    outside: AlpacaBroker | None


@contextmanager
def live_house(settings: Settings, clock: Clock) -> Iterator[Live]:
    """A house on the market of ``settings`` by ``clock``; nothing of it moves yet. Closed at the end.

    Raises:
        Refused: keys or symbols are missing, the market tells no history or quotes, the store was played in,
            what it holds is with another broker or would not be quoted, or the account at the broker does not
            fit a new book.
        UnsafeSettings: an address that keys must not be sent to, or a model is to reason and none is named.
    """
    source = live_source(settings, clock)
    settings.home.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.home):
        store = open_store(settings.store_url(), connections_of(settings))
        try:
            yield from _opened(settings, store, clock, source)
        finally:
            store.dispose()


def _opened(settings: Settings, store: Engine, clock: Clock, source: AlpacaSource) -> Iterator[Live]:
    resumed = load(store, HOUSE)
    refuse_another_book(settings, store, resumed)
    if settings.broker == "alpaca-paper":
        refuse_unfit_account(settings, store)
    market = open_market(settings, store, clock, source, resumed)
    house, outside = _house_on(market, settings, store, clock, resumed)
    house.policy.start()
    try:
        plan = {LIVE: source.name, BROKER: settings.broker}
        yield _moved_by(house, market, resumed, outside, plan)
    finally:
        house.stop()


def _house_on(
    market: LiveMarket, settings: Settings, store: Engine, clock: Clock, resumed: Checkpoint | None
) -> tuple[House, AlpacaBroker | None]:
    scene, board = market.scene, market.board
    gauge = LiveGauge(
        board, scene.calendar, read_blackouts(settings, scene.calendar), scene.features.liquidity
    )
    outside = sandbox_broker(settings, store, clock) if settings.broker == "alpaca-paper" else None

    def seat(quoted: QuotedMarket) -> Seated:
        if outside is not None:
            return Seated(outside, lambda _step: None)
        paper = paper_broker(settings, store, clock, quoted, scene)
        return Seated(paper, paper.trade)

    library = ChosenPacks(FrozenPacks(settings.rules), (), phase_packs(settings, store, None))
    stage = Stage(scene, board, gauge, clock, resumed, intake=market.intake)
    return house_on(stage, settings, store, library, seat), outside


def _moved_by(
    house: House,
    market: LiveMarket,
    resumed: Checkpoint | None,
    outside: AlpacaBroker | None,
    plan: dict[str, Any],
) -> Live:
    """The house with everything that moves it, at the moment where it left off."""
    scene, history, clock = market.scene, market.history, house.clock
    minutes = SessionBars(house.store, history.bars, scene.calendar, clock, history.inspected)
    feed = Feed(market.source, market.intake, market.board, minutes, scene.volumes, scene.calendar, clock)
    closing = Closing(history, minutes, scene.features, market.intake, lambda: feed.lacks_minutes)
    duties = LiveDuties(house, resumed, plan, closing.turn)
    after = resumed.at if resumed else clock.now()
    pacer = Pacer(scene.calendar, market.board, clock, duties, after)
    return Live(house, market, pacer, feed, outside)
