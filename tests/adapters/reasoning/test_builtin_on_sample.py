"""What the built-in reasoner says of the sample's signals is what its page says; no later bar changes it."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from adapters.features.history import FeatureHistory
from adapters.market.board import QuoteBoard
from adapters.market.sample import load_bars
from adapters.market.steps import steps
from adapters.reasoning.builtin import BuiltIn
from adapters.strategy.desk import Desk
from adapters.wiring.parts import Recording
from policy.contracts import SignalCandidate
from policy.memo_contracts import MemoQuestion

FIRST, LAST = date(2012, 5, 18), date(2013, 3, 1)
PAGE = Path("docs/reasoning.md").read_text("utf-8")


@pytest.fixture(scope="module")
def signals(recording: Recording) -> list[SignalCandidate]:
    board, scenario = QuoteBoard(), recording.scenario
    desk = Desk(recording.strategies, recording.tape.symbols, board.latest, recording.features.snapshot)
    found = []
    for step in steps(recording.tape, recording.calendar, FIRST, LAST, None, scenario.withheld):
        board.put(step.quotes)
        found += desk.candidates(step.at, step.moment)
    return found


def test_the_page_counts_what_it_says_of_the_sample(
    recording: Recording, signals: list[SignalCandidate]
) -> None:
    told: Counter[str] = Counter()
    for signal in signals:
        if recording.scenario.stumbles_on(signal.signal_id):
            told["scripted"] += 1
            continue
        features = recording.features.snapshot(signal.symbol, signal.created_at)
        thought = BuiltIn().think(MemoQuestion(signal=signal, features=features))
        told[thought.opinion.recommendation if thought.opinion else thought.status] += 1
    words = ("ALLOW", "ALLOW_WITH_CAUTION", "BLOCK", "SKIPPED", "scripted")
    written = re.search(
        r"Of the (\d+) signals .*? it allows (\d+), cautions on (\d+), blocks (\d+) and skips (\d+); "
        r"on the other (\d+)",
        " ".join(PAGE.split()),
    )
    assert [int(count) for count in written.groups()] == [len(signals), *(told[word] for word in words)]


def test_bars_of_the_future_change_nothing_that_was_said(
    recording: Recording, signals: list[SignalCandidate]
) -> None:
    bars = load_bars(recording.calendar)
    for signal in [one for one in signals if one.symbol in bars][::80]:
        closed = {
            symbol: [bar for bar in all_ if bar.closed_at <= signal.created_at]
            for symbol, all_ in bars.items()
        }
        then, now = FeatureHistory(closed), recording.features
        first, again = (
            BuiltIn().think(
                MemoQuestion(signal=signal, features=one.snapshot(signal.symbol, signal.created_at))
            )
            for one in (then, now)
        )
        assert first == again
