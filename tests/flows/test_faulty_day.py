"""A whole day of a feed with faults at known places, through inspection, API and the house's rules."""

import pytest

from adapters.settings import Settings
from adapters.wiring.parts import read_recording
from tests.flows.faulty_day import NOTE, PAGE, STALE, moments, play, summary, table
from tests.flows.faulty_feed import STRETCHES, SYMBOLS, at

TRADED = [stretch for stretch in STRETCHES if stretch.begins < at(16)]


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    return play(read_recording(Settings()), tmp_path_factory.mktemp("faulty-day"))


def test_every_seeded_fault_is_caught_under_its_name_and_nothing_else_is(day):
    assert day.caught() == day.seeded()
    assert len(day.in_stretches) == len(STRETCHES)
    assert day.quotes == sum(line["accepted"] for line in day.feed["items"]) + day.seeded().total()


def test_the_feed_is_shown_with_what_was_put_aside(day):
    shown = {line["symbol"]: line for line in day.feed["items"] if line["symbol"] in SYMBOLS}
    for symbol in SYMBOLS:
        put_aside = {fault: times for (of, fault), times in day.seeded().items() if of == symbol}
        assert shown[symbol]["quarantined"] == put_aside
        assert shown[symbol]["held"] is None
    assert day.feed["others"] == {"unknown-symbol": 30}


@pytest.mark.parametrize("stretch", TRADED, ids=lambda stretch: f"{stretch.symbol}-{stretch.fault}")
def test_what_rests_on_missing_quotes_is_rejected_as_stale_and_nothing_else_is(day, stretch):
    rules = {
        name: [reason.rule for reason in day.decisions[stretch, name].reasons] for name in moments(stretch)
    }
    assert day.decisions[stretch, "during"].decision == "REJECT"
    assert STALE in rules["during"]
    assert STALE not in rules["before"] + rules["after"]
    assert [rule for rule in rules["during"] if rule != STALE] == rules["before"]


def test_the_fall_was_held_and_is_let_in_once_a_person_has_looked(day):
    assert day.held["held"]["against"] == "the last close 564.2900 of 2012-06-04"
    assert day.accepted["by"] == "olga"
    assert day.accepted["note"] == NOTE
    [aapl] = [line for line in day.feed["items"] if line["symbol"] == "AAPL"]
    assert float(aapl["quote"]["bid"]) < 400


def test_the_page_shows_this_day(day):
    page = PAGE.read_text("utf-8")
    assert table(day) in page
    assert summary(day) in page
