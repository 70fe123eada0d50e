"""No feature of a time knows what came later, whichever form computes it, at half days as well."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.features.batch import frame_of, measured
from adapters.features.history import FeatureHistory
from adapters.features.live import LiveFeatures
from adapters.market.calendar import TradingCalendar
from policy.contracts import Bar
from tests.adapters.features.walks import CALENDAR, SESSIONS, Day, bars_of, walks

Told = dict[datetime, Mapping[str, Any]]


def _history(series: Sequence[Bar]) -> Told:
    features = FeatureHistory({"X": series}, CALENDAR)
    return {bar.closed_at: features.snapshot("X", bar.closed_at).values for bar in series}


def _live(series: Sequence[Bar]) -> Told:
    features = LiveFeatures({"X": series}, CALENDAR)  # all of it is there before anything is asked
    return {bar.closed_at: features.snapshot("X", bar.closed_at).values for bar in series}


def _polars(series: Sequence[Bar]) -> Told:
    rows = measured(frame_of({"X": series}, CALENDAR)).drop("run").to_dicts()
    return {row["closed_at"]: row for row in rows}


FORMS = {"history": _history, "bar by bar": _live, "Polars": _polars}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(max_examples=20, deadline=None)
@given(walk=walks(least=30), other=walks(least=1, most=40), data=st.data())
def test_another_future_moves_no_feature_of_the_past(
    form: Callable[[Sequence[Bar]], Told], walk: list[Day], other: list[Day], data: st.DataObject
) -> None:
    known = data.draw(st.integers(1, len(walk)))
    one, changed = form(bars_of(walk)), form(bars_of([*walk[:known], *other]))
    for session in SESSIONS[:known]:
        assert one[session.closes] == changed[session.closes]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_future_that_is_shifted_in_time_moves_no_feature_of_the_past(
    form: Callable[[Sequence[Bar]], Told],
) -> None:
    walk = [(3_000 + 11 * (n * n % 29), n % 50, n % 60, 10_000 + n) for n in range(70)]
    past = bars_of(walk[:60])
    late = bars_of(walk[60:], SESSIONS[75:])
    one, shifted = form(bars_of(walk)), form([*past, *late])
    assert all(one[bar.closed_at] == shifted[bar.closed_at] for bar in past)


def test_the_future_does_matter_to_the_future() -> None:
    """Or the tests above would show nothing."""
    walk = [(3_000 + n, 5, 5, 1_000) for n in range(60)]
    changed = [*walk[:59], (9_000, 5, 5, 1_000)]
    for form in FORMS.values():
        one, other = form(bars_of(walk)), form(bars_of(changed))
        assert one[SESSIONS[59].closes] != other[SESSIONS[59].closes]


@pytest.mark.parametrize("of", [FeatureHistory, LiveFeatures])
def test_on_a_half_day_a_bar_counts_from_the_early_close_and_not_before(of: Any) -> None:
    half = next(n for n, session in enumerate(SESSIONS) if n > 60 and session.seconds < 14_400)
    series = bars_of([(2_000 + n, 5, 5, 1_000 + n) for n in range(half + 1)])
    assert series[half].closed_at.hour == 18  # one o'clock in New York
    features, instant = of({"X": series}, CALENDAR), timedelta(microseconds=1)
    before = features.snapshot("X", series[half].closed_at - instant)
    after = features.snapshot("X", series[half].closed_at)
    assert (before.bars, after.bars) == (half, half + 1)
    assert before.values["close"] == float(series[half - 1].close)
    assert after.values["close"] == float(series[half].close)


def test_asking_about_a_later_time_first_changes_no_earlier_answer(calendar: TradingCalendar) -> None:
    series = bars_of([(2_000 + n * n % 37, 5, 5, 1_000) for n in range(70)])
    forward, backward = (FeatureHistory({"X": series}, calendar) for _ in range(2))
    times = [bar.closed_at for bar in series]
    one = {at: forward.snapshot("X", at) for at in times}
    other = {at: backward.snapshot("X", at) for at in reversed(times)}
    assert one == other
    assert {snapshot.values["close"] for snapshot in one.values()} == {
        float(Decimal(2_000 + n * n % 37) / 100) for n in range(70)
    }
