"""Volume by step: a day's volume shared out, less of it in a thin stretch, never more than there was."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from adapters.market.volume import StepVolumes, step_volume
from policy.contracts import Bar

MOMENTS = ("open", "morning", "midday", "afternoon", "late", "close")
DAY = date(2012, 6, 20)
Bars = Mapping[str, tuple[Bar, ...]]


def _all(_symbol: str, _day: date) -> Decimal:
    return Decimal(1)


def test_the_steps_of_a_day_share_its_volume() -> None:
    assert sum(step_volume(1_000_000, moment) for moment in MOMENTS) == 1_000_000
    assert sum(step_volume(1_000_003, moment) for moment in MOMENTS) <= 1_000_003


def test_volumes_are_whole_shares() -> None:
    assert step_volume(99, "open") == 11


def test_nothing_trades_at_the_quotes_a_run_starts_with() -> None:
    assert step_volume(1_000_000, "start") == 0


def test_a_moment_that_sessions_do_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="lunch"):
        step_volume(1, "lunch")


def test_a_step_s_volume_is_of_its_own_symbol_and_day(bars: Bars) -> None:
    (volume,) = [bar.volume for bar in bars["IBM"] if bar.opened_at.date() == DAY]
    assert StepVolumes(bars, _all)("IBM", DAY, "morning") == step_volume(volume, "morning") > 0


def test_a_day_without_a_bar_has_no_volume(bars: Bars) -> None:
    volumes = StepVolumes(bars, _all)
    assert volumes("IBM", date(2012, 6, 17), "morning") == 0
    assert volumes("NONE", DAY, "morning") == 0


def test_a_thin_stretch_leaves_its_share(bars: Bars) -> None:
    whole, thin = (StepVolumes(bars, share) for share in (_all, lambda _symbol, _day: Decimal("0.0001")))
    assert thin("IBM", DAY, "morning") == int(whole("IBM", DAY, "morning") / 10_000) > 0
