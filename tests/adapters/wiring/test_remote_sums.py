"""What execution hears of the portfolio in another process: its sums, its failure, or nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import NoAnswer
from adapters.ports import DayFigures
from adapters.wiring.apart.remote import DAY, RemotePortfolio, SumsFailed, portfolio_answers


@pytest.fixture
def line(nats_url):
    with NatsLine(nats_url, "test") as line:
        yield line


class Told:
    """A portfolio that tells ``figures``, or raises them."""

    def __init__(self, figures):
        self.figures = figures

    def day(self):
        if isinstance(self.figures, Exception):
            raise self.figures
        return self.figures


FIGURES = DayFigures(
    date(2012, 6, 1), Decimal("1000000.10"), Decimal("999000.055"), datetime(2012, 6, 1, 15, tzinfo=UTC)
)


@pytest.mark.parametrize("figures", [FIGURES, None])
def test_the_session_so_far_comes_over_as_it_is(line, figures):
    line.respond(DAY, portfolio_answers(Told(figures))[DAY])
    assert RemotePortfolio(line).day() == figures


def test_sums_that_fail_are_told_from_a_service_that_is_away(line):
    with pytest.raises(NoAnswer):
        RemotePortfolio(line).day()
    line.respond(DAY, portfolio_answers(Told(ZeroDivisionError("no equity")))[DAY])
    with pytest.raises(SumsFailed, match="no equity") as caught:
        RemotePortfolio(line).day()
    assert not isinstance(caught.value, ConnectionError), "watchers wait for what is away, not for this"
