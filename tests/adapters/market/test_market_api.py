"""Bars as traded and as adjusted, splits and gaps over HTTP: as of the house's clock, never of later."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from adapters.market.api import router
from adapters.market.archive import Archive, sample_archive
from adapters.market.board import QuoteBoard
from adapters.market.service import MarketService
from adapters.market.tape import Tape
from policy.contracts import Bar, Quote
from tests.adapters.market.closing import CALENDAR, SetClock

Call = Callable[..., Any]
SPLIT, MISSING = date(2005, 2, 28), (date(2005, 2, 24), date(2005, 2, 25))


@pytest.fixture(scope="module")
def archive() -> Archive:
    return sample_archive(CALENDAR)


@dataclass
class Asked:
    clock: SetClock
    market: MarketService

    def __call__(self, path: str, **asked: object) -> dict:
        app = FastAPI()
        app.include_router(router(self.market))

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.get(f"/v1/market/{path}", params=asked)

        answer = asyncio.run(send())
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture
def ask(archive: Archive) -> Asked:
    """The market on the evening of AAPL's second split, its bars of two days lost."""
    clock = SetClock(datetime(2005, 2, 28, 22, tzinfo=UTC))
    played = {**archive.played()}
    played["AAPL"] = tuple(bar for bar in played["AAPL"] if bar.opened_at.date() not in MISSING)
    tape = Tape(played, archive.traded, archive.splits)
    return Asked(clock, MarketService(tape, QuoteBoard(), CALENDAR, clock))


def closes(told: dict) -> list[tuple[str, Decimal, int]]:
    return [(bar["opened_at"][:10], Decimal(bar["close"]), bar["volume"]) for bar in told["bars"]]


def test_bars_are_told_adjusted_or_as_they_were_traded(ask: Asked) -> None:
    days = {"from": "2005-02-23", "to": "2005-02-28"}
    adjusted, traded = ask("bar/AAPL", **days), ask("bar/AAPL", **days, adjusted="false")
    assert (adjusted["adjusted"], traded["adjusted"]) == (True, False)
    first = closes(traded)[0]
    assert closes(adjusted)[0] == (first[0], first[1] / 2, first[2] * 2)
    assert closes(adjusted)[-1] == closes(traded)[-1]  # from the split's day on they are the same


def test_splits_are_told_from_their_day_on(ask: Asked) -> None:
    assert [(one["ex_day"], one["new"], one["old"]) for one in ask("splits/AAPL")["items"]] == [
        ("2000-06-21", 2, 1),
        ("2005-02-28", 2, 1),
    ]
    ask.clock.at = datetime(2005, 2, 27, tzinfo=UTC)
    assert [one["ex_day"] for one in ask("splits/AAPL")["items"]] == ["2000-06-21"]
    assert ask("splits/IBM")["items"] == []


def test_sessions_without_a_bar_are_told_once_they_have_closed(ask: Asked) -> None:
    lost = [{"symbol": "AAPL", "session": str(day), "half_day": False} for day in MISSING]
    assert ask("gaps")["items"] == lost
    ask.clock.at = datetime(2005, 2, 25, 20, 59, tzinfo=UTC)
    assert ask("gaps")["items"] == lost[:1]


def test_the_sample_is_played_digit_for_digit_as_it_always_was(
    archive: Archive, bars: dict[str, tuple[Bar, ...]]
) -> None:
    assert str(archive.played()) == str(bars)


def test_a_quote_of_a_clock_a_little_ahead_is_of_now_and_one_further_ahead_is_none(ask: Asked) -> None:
    now = ask.clock.now()
    for ahead, age in ((-3.5, 3.5), (0.4, 0.0), (2.5, None)):
        quote = Quote(symbol="AAPL", bid=Decimal(44), ask=Decimal(45), at=now + timedelta(seconds=ahead))
        ask.market.board.put([quote])
        told = ask.market.quote("AAPL")
        assert (None if told is None else told.data_age_seconds) == age
