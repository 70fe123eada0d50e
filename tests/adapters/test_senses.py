"""Market, features, strategies and portfolio together: a played year has what every rule objects to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import create_engine

from adapters.market.blackouts import Blackouts, read_blackout_days
from adapters.market.board import QuoteBoard
from adapters.market.context import MarketGauge
from adapters.market.steps import Step, steps
from adapters.portfolio.service import Portfolio
from adapters.reasoning.builtin import BuiltIn
from adapters.reasoning.mind import Mind
from adapters.reasoning.record import memo_of
from adapters.reasoning.stumbling import Stumbling
from adapters.strategy.desk import Desk
from adapters.strategy.fake import Fake
from adapters.strategy.mean_reversion import MeanReversion
from adapters.strategy.trend import Trend
from adapters.strategy.view import Strategy
from adapters.wiring.parts import Recording
from adapters.wiring.reasoning import HouseReasoner
from policy.contracts import MarketContext, PortfolioContext, ReasoningMemo, SignalCandidate
from policy.memo_contracts import MemoQuestion
from policy.ports import HouseContexts
from tests.adapters.portfolio.journal import Journal, fill

FIRST, LAST = date(2012, 5, 18), date(2013, 3, 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """One candidate with everything the house measured beside it."""

    signal: SignalCandidate
    market: MarketContext | None
    portfolio: PortfolioContext | None
    memo: ReasoningMemo


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A mind's memos without a record of them."""

    mind: Mind

    def memos(self, source: str, questions: Sequence[MemoQuestion]) -> list[ReasoningMemo]:
        name, think = self.mind.name, self.mind.think
        return [memo_of(question.signal.signal_id, think(question), name, None) for question in questions]


class House:
    """The senses wired together; every candidate is filled at the next open, a hundred shares of it."""

    def __init__(
        self,
        recording: Recording,
        board: QuoteBoard | None = None,
        portfolio: Portfolio | None = None,
        booked: Journal | None = None,
        waiting: tuple[SignalCandidate, ...] = (),
    ) -> None:
        self.recording, self.scenario = recording, recording.scenario
        features = recording.features
        self.board = board or QuoteBoard()
        self.booked, self.waiting = booked or Journal(), waiting
        self.portfolio = portfolio or Portfolio(
            create_engine("sqlite://"), self.booked, features.return_window, Decimal(1_000_000)
        )
        self.gauge = MarketGauge(
            self.board, recording.calendar, Blackouts(read_blackout_days()), features.liquidity
        )
        mind = Unrecorded(Stumbling(BuiltIn(), self.scenario.stumbles_on))
        self.reasoner = HouseReasoner(mind, features.snapshot, recording.news.summary)
        fake = Fake(self.scenario.seed, self.scenario.fake_rates)
        strategies: list[Strategy] = [Trend(), MeanReversion(), fake]
        self.desk = Desk(strategies, recording.tape.symbols, self.board.latest, features.snapshot)

    def steps(self, first: date, last: date, after: datetime | None = None) -> Iterator[Step]:
        tape, calendar = self.recording.tape, self.recording.calendar
        return steps(tape, calendar, first, last, after, self.scenario.withheld)

    def take(self, step: Step) -> list[Seen]:
        self.board.put(step.quotes)
        opening = step.moment == "open"
        self.portfolio.follow(step.at, step.session, opening, step.quotes)
        if opening:
            self._fill(step.at)
        seen = [self._seen(signal, step.at) for signal in self.desk.candidates(step.at, step.moment)]
        self.waiting += tuple(one.signal for one in seen)
        return seen

    def _fill(self, at: datetime) -> None:
        """A SELL of what is not held is left out: the house is long-only."""
        for signal in self.waiting:
            held = self.portfolio.account.positions.get(signal.symbol)
            quote = self.board.latest(signal.symbol)
            if quote is not None and (signal.candidate_action == "BUY" or (held and held.qty >= 100)):
                shares, price = (100, quote.ask) if signal.candidate_action == "BUY" else (-100, quote.bid)
                name = f"fill/{signal.signal_id}"
                self.booked.add(fill(shares, str(price), signal.symbol, at=at, execution_id=name))
                self.portfolio.catch_up(at)
        self.waiting = ()

    def _seen(self, signal: SignalCandidate, at: datetime) -> Seen:
        portfolio = self.portfolio.measure(signal.symbol, at, signal.candidate_action)
        market = self.gauge.measure(signal.symbol, at)
        [memo] = self.reasoner.opine([(signal, HouseContexts(market, portfolio))])
        return Seen(signal, market, portfolio, memo)


@pytest.fixture(scope="module")
def year(recording: Recording) -> list[Seen]:
    house = House(recording)
    return [seen for step in house.steps(FIRST, LAST) for seen in house.take(step)]


def _objections(seen: Seen) -> Iterator[str]:
    """What of this candidate the trading rules have something to say about."""
    market, portfolio, memo = seen.market, seen.portfolio, seen.memo
    assert market is not None
    assert portfolio is not None
    thin = market.liquidity_score is not None and market.liquidity_score < 0.7
    crowded = portfolio.correlation is not None and portfolio.correlation > 0.35
    told = {
        "market-closed": not market.market_open,
        "stale-data": market.data_age_seconds > 30,
        "symbol-not-allowed": seen.signal.symbol == "UNLISTED",
        "event-blackout": market.event_blackout_active,
        "thin-liquidity": thin,
        "unmeasured-liquidity": market.liquidity_score is None,
        "low-confidence": seen.signal.confidence < 0.6,
        "cautious-memo": memo.recommendation == "ALLOW_WITH_CAUTION",
        "blocking-memo": memo.recommendation == "BLOCK",
        "failed-reasoning": memo.status == "FAILED",
        "crowded-portfolio": crowded,
        "unmeasured-correlation": portfolio.correlation is None,
        "oversized": seen.signal.size_pct > 0.01,
        "nothing": False,
    }
    yield from [name for name, objects in told.items() if objects] or ["nothing"]


def test_a_year_brings_every_objection_at_least_five_times(year: list[Seen]) -> None:
    counts = Counter(name for seen in year for name in _objections(seen))
    expected = {
        "market-closed",
        "stale-data",
        "symbol-not-allowed",
        "event-blackout",
        "thin-liquidity",
        "unmeasured-liquidity",
        "low-confidence",
        "cautious-memo",
        "blocking-memo",
        "failed-reasoning",
        "crowded-portfolio",
        "unmeasured-correlation",
        "oversized",
        "nothing",
    }
    assert {name for name, count in counts.items() if count >= 5} == expected


def test_a_session_brings_a_few_signals(year: list[Seen]) -> None:
    assert 2 <= len(year) / 196 <= 5
    assert len({seen.signal.signal_id for seen in year}) == len(year)


def test_the_same_year_twice_is_the_same(year: list[Seen], recording: Recording) -> None:
    house = House(recording)
    assert [seen for step in house.steps(FIRST, LAST) for seen in house.take(step)] == year


def test_a_year_interrupted_at_any_step_goes_on_the_same(recording: Recording) -> None:
    last = date(2012, 7, 31)
    whole = House(recording)
    played = [(step, whole.take(step)) for step in whole.steps(FIRST, last)]
    resumed = House(recording)
    for done, (step, expected) in enumerate(played):
        assert resumed.take(step) == expected
        if done % 37 == 0:
            resumed = _restarted(resumed)
            rest = next(resumed.steps(FIRST, last, after=step.at))
            assert rest == played[done + 1][0]
    assert resumed.portfolio.account == whole.portfolio.account


def test_thirteen_years_are_played_to_the_end(recording: Recording) -> None:
    house = House(recording)
    sessions = {step.session for step in house.steps(date(2000, 3, 1), LAST) if house.take(step) is not None}
    assert len(sessions) == 3270


def _restarted(house: House) -> House:
    """A new house from what a checkpoint and the store keep: board, portfolio, what is booked and waits."""
    board = QuoteBoard.from_state(house.board.to_state())
    returns, before = house.recording.features.return_window, house.portfolio
    portfolio = Portfolio.from_state(before.to_state(), before.store, house.booked, returns)
    return House(house.recording, board, portfolio, house.booked, house.waiting)
