"""Parts that one house and the services apart put together alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import Engine

from adapters.brokers.paper.broker import PaperBroker
from adapters.brokers.paper.faults import Faults
from adapters.brokers.paper.venue import Venue
from adapters.features.history import FeatureHistory
from adapters.features.source import FeatureSource
from adapters.market.archive import Archive, ArchiveUnfit, sample_archive, stored_archive
from adapters.market.calendar import TradingCalendar
from adapters.market.context import MarketGauge
from adapters.market.overrides_file import read_calendar
from adapters.market.tape import Tape
from adapters.market.volume import StepVolumes
from adapters.news.desk import NewsDesk
from adapters.ports import LatestQuotes
from adapters.settings import Settings
from adapters.storage.bar_files import BarsRefused
from adapters.strategy.desk import Desk, Fit
from adapters.strategy.fake import Fake
from adapters.strategy.mean_reversion import MeanReversion
from adapters.strategy.scenario import Scenario, calm_history_with_faults
from adapters.strategy.trend import Trend
from adapters.strategy.view import Strategy
from adapters.wiring.news import played_news
from adapters.wiring.refusal import Refused
from adapters.wiring.scene import Scene
from policy.contracts import Action, PortfolioContext
from policy.ports import Clock, HouseContexts


@dataclass(frozen=True)
class Recording:
    """What was, read once: bars, sessions, features, news, and the scenario that is played over them."""

    tape: Tape
    volumes: StepVolumes
    calendar: TradingCalendar
    features: FeatureSource
    news: NewsDesk
    scenario: Scenario
    archive: Archive

    @property
    def strategies(self) -> Sequence[Strategy]:
        """The two with an idea, and seeded dice beside them."""
        dice = Fake(self.scenario.seed, self.scenario.fake_rates)
        return (Trend(), MeanReversion(), dice)


def read_recording(settings: Settings, scenario: Scenario | None = None) -> Recording:
    """The bars that settings name, with ``scenario``, the named one without; takes a few seconds.

    Raises ``Refused`` where settings want a broker outside: played quotes are no market for it; where they
    name a folder of news that is not there, or one of bars that cannot be played.
    """
    if settings.broker != "paper":
        raise Refused(
            f"TRIVET_BROKER={settings.broker} needs a live market, and this one is recorded and played; "
            "unset it to play, or trade live with: trivet run --live"
        )
    calendar = read_calendar(settings.calendar_overrides)
    scenario = scenario or calm_history_with_faults(settings.scenario_seed)
    archive = _archive(settings, calendar).with_twin(scenario.unlisted_symbol, of=scenario.twin_of)
    bars = archive.played()
    volumes = StepVolumes(bars, scenario.tradable_share)
    features, news = FeatureHistory(bars, calendar), played_news(settings)
    tape = Tape(bars, archive.traded, archive.splits)
    return Recording(tape, volumes, calendar, features, news, scenario, archive)


def _archive(settings: Settings, calendar: TradingCalendar) -> Archive:
    if settings.bars is None:
        return sample_archive(calendar)
    try:
        return stored_archive(settings.bars, calendar, allow_gaps=settings.bars_allow_gaps)
    except (ArchiveUnfit, BarsRefused) as unfit:
        raise Refused(str(unfit)) from unfit


class MeasuredPortfolio(Protocol):
    """The portfolio, here or in another process, as far as rules read it."""

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> PortfolioContext | None:
        """The portfolio as of ``at``, as a trade in ``symbol`` meets it; None where it cannot be told."""
        ...


@dataclass(frozen=True)
class Contexts:
    """Implements ``policy.ports.ContextSource`` on the house's own market and portfolio."""

    market: MarketGauge
    portfolio: MeasuredPortfolio

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        """Both sides as of ``at``; one that cannot be measured is None."""
        return HouseContexts(self.market.measure(symbol, at), self.portfolio.measure(symbol, at, action))


@dataclass(frozen=True, slots=True)
class QuotedMarket:
    """Implements ``adapters.ports.Market`` on the house's own quotes and calendar."""

    quotes: LatestQuotes
    calendar: TradingCalendar
    symbols: Sequence[str]

    def reference_price(self, symbol: str, side: Action) -> Decimal | None:
        """The last quote's ask for a BUY, its bid for a SELL, in dollars; None before the first quote."""
        quote = self.quotes.latest(symbol)
        if quote is None:
            return None
        return quote.ask if side == "BUY" else quote.bid

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at ``at``."""
        return self.calendar.is_open(at)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the session that is open at ``at`` closes; None outside sessions."""
        return self.calendar.close_of(at)

    def quoted_at(self, symbol: str) -> datetime | None:
        """The exchange's time of the last quote of ``symbol``; None when it was never quoted."""
        quote = self.quotes.latest(symbol)
        return None if quote is None else quote.at

    def last_quoted(self) -> datetime | None:
        """The exchange's time of the newest quote of any symbol; None before the first."""
        return max((at for symbol in self.symbols if (at := self.quoted_at(symbol))), default=None)

    def session_day(self, at: datetime) -> date | None:
        """The day of the session that is open at ``at``; None outside sessions."""
        session = self.calendar.session_at(at)
        return session.day if session is not None else None


def paper_broker(
    settings: Settings, store: Engine, clock: Clock, market: QuotedMarket, scene: Scene
) -> PaperBroker:
    """The paper broker on the house's own market, stumbling as the scenario says."""
    scenario = scene.scenario
    venue = Venue(
        symbols=frozenset(scene.tape.symbols),
        session_at=market.session_day,
        price=market.reference_price,
        volume=scene.volumes,
    )
    faults = Faults(scenario.seed, scenario.broker_faults)
    return PaperBroker(store, clock, venue, settings.starting_cash, faults=faults)


def strategy_desk(scene: Scene, quotes: LatestQuotes, fit: Fit) -> Desk:
    """All strategies of ``scene`` over every symbol of it; ``fit`` cuts what they propose."""
    return Desk(scene.strategies, scene.tape.symbols, quotes.latest, scene.features.snapshot, fit)
