"""The live market as a house knows it: its scene, the board that fills, and the way in for what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from adapters.features.live import LiveFeatures
from adapters.market.alpaca.source import AlpacaSource
from adapters.market.alpaca.wire import SOURCE
from adapters.market.calendar import TradingCalendar
from adapters.market.closing.filling import splits_of
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.intake import Intake
from adapters.market.live_bars import MinuteVolumes, StoredBars
from adapters.market.live_board import LiveBoard
from adapters.market.overrides_file import read_calendar
from adapters.market.source import SourceAway
from adapters.news.desk import NewsDesk
from adapters.news.polling import Poller
from adapters.settings import Settings
from adapters.storage.checkpoints import Checkpoint
from adapters.strategy.mean_reversion import MeanReversion
from adapters.strategy.scenario import Scenario, nothing_added
from adapters.strategy.trend import Trend
from adapters.strategy.view import Strategy
from adapters.wiring.inspecting import intake_of
from adapters.wiring.live.history import History, shortcomings
from adapters.wiring.live.market import live_bars, live_symbols
from adapters.wiring.news import live_news
from adapters.wiring.refusal import Refused
from policy.ports import Clock


@dataclass(frozen=True)
class LiveScene:
    """Implements ``wiring.scene.Scene`` for a market that goes on; nothing is added to it."""

    tape: StoredBars
    volumes: MinuteVolumes
    calendar: TradingCalendar
    features: LiveFeatures
    news: NewsDesk

    @property
    def scenario(self) -> Scenario:
        """None of its own."""
        return nothing_added()

    @property
    def strategies(self) -> Sequence[Strategy]:
        """Those with an idea; dice are for play."""
        return (Trend(), MeanReversion())


@dataclass(frozen=True)
class LiveMarket:
    """Everything of the market's side; ``lacking`` is what its history lacks, in words, by symbol.

    ``poller`` fetches news, where any are set.
    """

    source: AlpacaSource
    history: History
    scene: LiveScene
    intake: Intake
    board: LiveBoard
    poller: Poller | None
    lacking: Mapping[str, str]


def open_market(
    settings: Settings, store: Engine, clock: Clock, source: AlpacaSource, resumed: Checkpoint | None
) -> LiveMarket:
    """The market with its history complete and, where the exchange trades, its latest quotes on the board.

    Raises ``Refused`` where it does not tell them.
    """
    symbols, bars = live_symbols(settings), live_bars(settings)
    calendar, looked = read_calendar(settings.calendar_overrides), Acceptances(store, clock)
    history = History(source, bars, calendar, symbols, clock, looked, settings.quote_jump)
    filled, features, news = history.complete(), history.features(), live_news(settings, store, clock)
    volumes, tape = MinuteVolumes(clock), StoredBars(bars, symbols, clock)
    scene = LiveScene(tape, volumes, history.calendar, features, news.desk)
    intake = _intake(store, history)
    intake.put_aside([no for one in filled for no in one.quarantined])
    board = LiveBoard.from_state(resumed.state["board"]) if resumed else LiveBoard()
    intake.recall(quotes=board.all(), bars=history.last_bars())
    _show_latest(source, intake, board, history)
    lacking = shortcomings(filled, features, clock.now())
    return LiveMarket(source, history, scene, intake, board, news.poller, lacking)


def _intake(store: Engine, history: History) -> Intake:
    """Prices come as traded, so splits on record explain what would be a jump."""
    inspection = Inspection(
        history.symbols, history.calendar, jump=history.jump, splits=splits_of(history.bars)
    )
    return intake_of(SOURCE, inspection, store, history.clock)


def _show_latest(source: AlpacaSource, intake: Intake, board: LiveBoard, history: History) -> None:
    if not history.calendar.is_open(history.clock.now()):
        return
    try:
        board.put(intake.quotes(source.latest()))
    except SourceAway as away:
        raise Refused(
            f"the market is open and does not tell its quotes: {away}; look with: trivet market check"
        ) from away
