"""A portfolio process that dies between any two questions goes on as if it had not, and repeats nothing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from adapters.market.steps import Step
from adapters.portfolio.service import Portfolio
from adapters.storage.database import open_store
from adapters.wiring.apart.keeping import KeptPortfolio
from tests.adapters.portfolio.journal import BELL, HOUR, Journal, fill, no_returns, quote, taken_back

CASH = Decimal(1_000_000)
DAY = date(2012, 6, 18)
STAND_IN = fill(100, "90.00", execution_id="stand-in", kind="synthetic", at=BELL + HOUR)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def store(request):
    engine = open_store(request.getfixturevalue(request.param))
    yield engine
    engine.dispose()


def steps():
    """An opening at 100, then falling: 90, 70, 80."""
    moments = (("open", "100.00"), ("morning", "90.00"), ("midday", "70.00"), ("close", "80.00"))
    for place, (moment, mid) in enumerate(moments):
        at = BELL + place * HOUR
        yield Step(at=at, moment=moment, session=DAY, quotes=(quote("IBM", mid, at),))


def booked():
    """What is booked at each step: a fill, one that stands in for another, and that other."""
    return (
        [fill(10, "100.00")],
        [STAND_IN],
        [
            taken_back(STAND_IN, at=BELL + 2 * HOUR),
            fill(100, "89.00", execution_id="late", at=BELL + 2 * HOUR),
        ],
        [],
    )


def undisturbed(store, until):
    journal = Journal()
    portfolio = Portfolio(store, journal, no_returns, CASH)
    for step, lines in list(zip(steps(), booked(), strict=True))[:until]:
        portfolio.follow(step.at, step.session, step.moment == "open", step.quotes)
        journal.add(*lines)
        portfolio.catch_up(step.at)
    return portfolio.to_state()


def test_a_new_process_at_every_question_comes_to_the_same_book(store):
    journal = Journal()

    def process():
        return KeptPortfolio(store, journal, no_returns, CASH)

    for place, (step, lines) in enumerate(zip(steps(), booked(), strict=True)):
        process().follow_step(step)
        journal.add(*lines)
        process().caught_up(step.at)
        process().written_down(step)
        assert process().now.to_state() == undisturbed(store, place + 1)


def test_what_is_asked_twice_changes_nothing_the_second_time(store):
    journal = Journal()
    portfolio = KeptPortfolio(store, journal, no_returns, CASH)
    for step, lines in zip(steps(), booked(), strict=True):
        assert portfolio.follow_step(step) == 1
        journal.add(*lines)
        assert portfolio.caught_up(step.at) == len(lines)
        state = portfolio.now.to_state()
        repeated = (portfolio.follow_step(step), portfolio.caught_up(step.at))
        assert repeated == (0, 0)
        assert portfolio.now.to_state() == state
        assert (portfolio.written_down(step), portfolio.written_down(step)) == (1, 0)


def test_a_step_that_could_not_be_kept_is_kept_when_it_is_asked_for_again(store, monkeypatch):
    first, second, *_ = steps()
    journal = Journal()
    portfolio = KeptPortfolio(store, journal, no_returns, CASH)
    portfolio.follow_step(first)
    with monkeypatch.context() as broken:
        broken.setattr("adapters.wiring.apart.keeping.save", _fail)
        with pytest.raises(ConnectionError):
            portfolio.follow_step(second)
    portfolio.follow_step(second)
    again = KeptPortfolio(store, journal, no_returns, CASH)
    assert again.now.to_state() == portfolio.now.to_state()
    assert again.now.account.as_of == second.at


def test_older_quotes_than_the_last_are_not_followed(store):
    first, second, *_ = steps()
    portfolio = KeptPortfolio(store, Journal(), no_returns, CASH)
    portfolio.follow_step(second)
    assert portfolio.follow_step(replace(first, quotes=(quote("IBM", "1.00", first.at),))) == 0


def _fail(*_):
    raise ConnectionError("the database is away")
