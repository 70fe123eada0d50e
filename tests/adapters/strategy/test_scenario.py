"""The named scenario: the same faults for the same seed, and every kind of them."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from adapters.market.volume import StepVolumes
from adapters.strategy.scenario import calm_history_with_faults
from policy.contracts import Bar
from policy.ports import derived_id

SCENARIO = calm_history_with_faults(7)
DAYS = [date(2012, 5, 18) + timedelta(days=n) for n in range(286)]
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def test_the_scenario_says_its_name_and_that_its_symbol_is_unlisted() -> None:
    assert (SCENARIO.name, SCENARIO.unlisted_symbol) == ("calm-history-with-faults", "UNLISTED")
    assert SCENARIO.fake_rates["UNLISTED"] > 0


def test_the_feed_has_gaps_now_and_then_and_never_at_the_open() -> None:
    gaps = [(symbol, day) for symbol in SYMBOLS for day in DAYS if SCENARIO.withheld(symbol, day, "midday")]
    assert 0.01 < len(gaps) / (len(SYMBOLS) * len(DAYS)) < 0.06
    assert not any(SCENARIO.withheld(symbol, day, "open") for symbol, day in gaps)


def test_a_gap_lasts_until_the_close() -> None:
    symbol, day = next((s, d) for s in SYMBOLS for d in DAYS if SCENARIO.withheld(s, d, "morning"))
    assert all(SCENARIO.withheld(symbol, day, moment) for moment in ("midday", "afternoon", "late", "close"))


def test_the_reasoner_fails_on_one_signal_in_twenty_five_and_always_on_the_same() -> None:
    signals = [derived_id("signal", "test", number) for number in range(2_000)]
    failed = [signal for signal in signals if SCENARIO.stumbles_on(signal)]
    assert 0.03 < len(failed) / len(signals) < 0.05
    assert all(calm_history_with_faults(7).stumbles_on(signal) for signal in failed)


@pytest.mark.parametrize("seed", [7, 8])
def test_the_same_seed_gives_the_same_faults_and_another_does_not(seed: int) -> None:
    again = calm_history_with_faults(seed)
    gaps, others = (
        [(s, d) for s in SYMBOLS for d in DAYS if scenario.withheld(s, d, "late")]
        for scenario in (SCENARIO, again)
    )
    assert (gaps == others) is (seed == 7)


def test_about_one_week_in_eight_is_thin_and_a_week_is_thin_as_a_whole() -> None:
    mondays = [date(2000, 1, 3) + timedelta(weeks=week) for week in range(600)]
    shares = [[SCENARIO.tradable_share("IBM", day + timedelta(days=n)) for n in range(5)] for day in mondays]
    assert all(len(set(week)) == 1 for week in shares)
    thin = [week[0] for week in shares if week[0] != 1]
    assert 0.09 < len(thin) / len(mondays) < 0.16
    assert len(set(thin)) == 3


def test_in_a_thin_week_small_orders_of_every_symbol_fill_in_part(
    bars: Mapping[str, tuple[Bar, ...]],
) -> None:
    """An order of one per cent of a million dollars, against a tenth of what a morning leaves."""
    volumes = StepVolumes(bars, SCENARIO.tradable_share)
    for symbol in SYMBOLS:
        recent = [bar for bar in bars[symbol] if bar.opened_at.date() >= DAYS[0]]
        thin = [bar for bar in recent if SCENARIO.tradable_share(symbol, bar.opened_at.date()) != 1]
        allowed = [int(volumes(symbol, bar.opened_at.date(), "morning") / 10) for bar in thin]
        wanted = [int(10_000 / bar.close) for bar in thin]
        assert any(0 < some < all_of_it for some, all_of_it in zip(allowed, wanted, strict=True)), symbol
