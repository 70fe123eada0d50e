"""The portfolio over HTTP, in a real application: the book in numbers, what is held, how it went."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from sqlalchemy import Engine

from adapters.clock import SystemClock
from adapters.market.calendar import TradingCalendar
from adapters.portfolio import api as portfolio_api
from adapters.portfolio.service import Portfolio
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.wiring.serving import NothingMeasured
from policy.api import create_app
from policy.service import build_policy
from tests.adapters.portfolio.journal import BELL, DAY, HOUR, Journal, fill, no_returns, quote

RULES = Path(__file__).parents[3] / "rules"
CASH = Decimal(100_000)
SESSIONS = 3
Ask = Callable[..., httpx.Response]


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_store(str(request.getfixturevalue(f"{request.param}_url")))
    yield opened
    opened.dispose()


@pytest.fixture
def portfolio(store: Engine) -> Portfolio:
    bought = fill(100, "100.00", commission=Decimal("1.00"))
    sold = fill(-40, "110.00", at=BELL + HOUR, commission=Decimal("1.50"))
    closed = [fill(10, "30.00", "FB"), fill(-10, "29.00", "FB")]
    return Portfolio(store, Journal([bought, *closed, sold]), no_returns, CASH)


@pytest.fixture
def app(store: Engine, portfolio: Portfolio) -> FastAPI:
    policy = build_policy(store, SystemClock(), TradingCalendar(), NothingMeasured(), FrozenPacks(RULES))
    return create_app(policy, [portfolio_api.router(portfolio)])


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    async def send(path: str, asked: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/v1/portfolio" + path, params=asked)

    return lambda path="", **asked: asyncio.run(send(path, asked))


def play(portfolio: Portfolio, sessions: int = SESSIONS) -> None:
    """Two steps and a close a session; only the first has fills."""
    for day in range(sessions):
        bell = BELL + day * DAY
        for number, mid in enumerate(["100.00", "110.00", "90.005"]):
            at = bell + number * HOUR
            portfolio.follow(at, bell.date(), number == 0, [quote("IBM", mid, at)])
            portfolio.catch_up(at)
            portfolio.take_snapshot(at, "step")
        portfolio.close_session(bell + 2 * HOUR)


def test_a_book_that_holds_nothing_is_its_cash(ask: Ask) -> None:
    assert ask().json() == {
        "as_of": None,
        "equity": "100000",
        "cash": "100000",
        "starting_cash": "100000",
        "market_value": "0",
        "gross_exposure": "0",
        "gross_exposure_pct": 0.0,
        "net_exposure_pct": 0.0,
        "realised": "0",
        "unrealised": "0",
        "fees": "0",
        "session": None,
        "session_open_equity": "100000",
        "session_low": "100000",
        "daily_drawdown_pct": 0.0,
        "worst_drawdown_pct": 0.0,
    }
    assert ask("/positions").json() == {"items": [], "next_cursor": None}
    assert ask("/history").json() == {"items": [], "next_cursor": None}


def test_the_book_in_numbers(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio, sessions=1)
    assert ask().json() == {
        "as_of": "2012-06-18T15:30:30Z",
        "equity": "99787.8",
        "cash": "94387.5",
        "starting_cash": "100000",
        "market_value": "5400.3",
        "gross_exposure": "5400.3",
        "gross_exposure_pct": float(Decimal("5400.3") / Decimal("99787.8")),
        "net_exposure_pct": float(Decimal("5400.3") / Decimal("99787.8")),
        "realised": "390",
        "unrealised": "-599.7",
        "fees": "2.5",
        "session": "2012-06-18",
        "session_open_equity": "100000",
        "session_low": "99787.8",
        "daily_drawdown_pct": 0.002122,
        "worst_drawdown_pct": 0.002122,
    }


def test_what_is_held_and_only_that(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio, sessions=1)
    assert ask("/positions").json()["items"] == [
        {
            "symbol": "IBM",
            "qty": "60",
            "avg_cost": "100",
            "mark": "90.005",
            "market_value": "5400.3",
            "unrealised": "-599.7",
            "realised": "400",
            "fees": "2.5",
            "weight_pct": float(Decimal("5400.3") / Decimal("99787.8")),
        }
    ]


def test_snapshots_come_newest_first_and_page_by_page(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio)
    pages, cursor = [], {}
    while True:
        page = ask("/history", limit=4, **cursor).json()
        pages.append([one["at"] for one in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [len(page) for page in pages] == [4, 4, 1]
    times = list(chain.from_iterable(pages))
    assert times == sorted(times, reverse=True)
    assert (times[0], times[-1]) == ("2012-06-20T15:30:30Z", "2012-06-18T13:30:30Z")


def test_a_snapshot_has_every_number_of_the_book_at_its_time(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio)
    (newest,) = ask("/history", limit=1).json()["items"]
    now = ask().json()
    assert {name: newest[name] for name in now} == now
    assert (newest["at"], newest["reason"]) == (now["as_of"], "step")


def test_a_page_that_holds_the_rest_exactly_is_the_last(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio)
    assert ask("/history", limit=3 * SESSIONS).json()["next_cursor"] is None
    assert ask("/history", by="session", limit=SESSIONS).json()["next_cursor"] is None


def test_results_of_sessions_come_newest_first_and_page_by_page(ask: Ask, portfolio: Portfolio) -> None:
    play(portfolio)
    first = ask("/history", by="session", limit=2).json()
    rest = ask("/history", by="session", limit=2, cursor=first["next_cursor"]).json()
    days = [one["session"] for page in (first, rest) for one in page["items"]]
    assert days == ["2012-06-20", "2012-06-19", "2012-06-18"]
    assert rest["next_cursor"] is None
    assert [(one["realised"], one["fees"]) for one in first["items"]] == [("0", "0"), ("0", "0")]
    assert rest["items"] == [
        {
            "session": "2012-06-18",
            "closed_at": "2012-06-18T15:30:30Z",
            "opened_with": "100000",
            "closed_with": "99787.8",
            "lowest_equity": "99787.8",
            "realised": "390",
            "fees": "2.5",
            "max_drawdown_pct": 0.002122,
        }
    ]


@pytest.mark.parametrize(
    "asked",
    [{"cursor": "yesterday"}, {"cursor": "-1"}, {"limit": 0}, {"limit": 501}, {"by": "year"}],
    ids=str,
)
def test_an_impossible_page_is_a_fault_with_its_place(ask: Ask, asked: dict[str, Any]) -> None:
    answer = ask("/history", **asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:trivet:problem:invalid-request")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{next(iter(asked))}"]


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/v1/portfolio", GenerationMode.POSITIVE),
        ("/v1/portfolio/positions", GenerationMode.POSITIVE),
        ("/v1/portfolio/history", GenerationMode.POSITIVE),
        ("/v1/portfolio/history", GenerationMode.NEGATIVE),
    ],
    ids=str,
)
def test_every_answer_is_one_that_the_description_names(
    app: FastAPI, portfolio: Portfolio, path: str, mode: GenerationMode
) -> None:
    play(portfolio)
    described = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "127.0.0.1"})

    @given(case=described[path]["GET"].as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"host": "127.0.0.1"})

    holds()
