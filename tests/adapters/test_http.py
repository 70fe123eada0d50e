"""Quotes, bars, features, proposals and the player over HTTP, in the application that really serves them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from adapters.features import api as features_api
from adapters.market import api as market_api
from adapters.market import player_api
from adapters.market.player import Player
from adapters.market.service import MarketService
from adapters.market.steps import Step, steps
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.strategy import api as strategy_api
from adapters.wiring.features import feature_service
from adapters.wiring.house import House, build_house
from adapters.wiring.parts import Recording
from policy.api import create_app
from policy.outbox import undelivered
from policy.store import reading

DAY = date(2012, 6, 20)
RULES = Path(__file__).parents[2] / "rules"
Call = Callable[..., httpx.Response]


@pytest.fixture
def house(recording: Recording, tmp_path: Path) -> Iterator[House]:
    store = open_store(f"sqlite:///{tmp_path}/trivet.sqlite3")
    start = datetime(2012, 6, 20, 13, 30, tzinfo=UTC)
    yield build_house(Settings(), store, FrozenPacks(RULES), recording, start, None)
    store.dispose()


@pytest.fixture
def failing() -> list[Exception]:
    """What the next steps raise, one each."""
    return []


@pytest.fixture
def player(house: House, failing: list[Exception]) -> Player:
    def take(step: Step) -> None:
        if failing:
            raise failing.pop()
        house.board.put(step.quotes)

    played = steps(house.recording.tape, house.recording.calendar, DAY, DAY)
    return Player(played, take, house.clock)


@pytest.fixture
def app(house: House, player: Player) -> FastAPI:
    recording = house.recording
    market = MarketService(recording.tape, house.board, recording.calendar, house.clock)
    return create_app(
        house.policy,
        [
            market_api.router(market),
            player_api.router(player),
            features_api.router(
                feature_service(recording.features, house.clock, house.board, house.portfolio)
            ),
            strategy_api.router(house.desk, house.clock),
        ],
    )


@pytest.fixture
def call(app: FastAPI) -> Call:
    async def send(method: str, path: str, **body: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **body)

    return lambda method, path, **body: asyncio.run(send(method, path, **body))


def _is_problem(answer: httpx.Response, status: int, slug: str) -> bool:
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return (answer.status_code, told["type"]) == (status, f"urn:trivet:problem:{slug}")


def test_the_player_shows_where_it_stands(call: Call) -> None:
    assert call("GET", "/v1/player").json() == {
        "time": "2012-06-20T13:30:00Z",
        "state": "paused",
        "speed": 0.1,
        "session": None,
        "error": None,
    }


def test_a_step_over_http_has_delivered_its_quotes_when_it_answers(call: Call) -> None:
    stepped = call("POST", "/v1/player/step", json={}).json()
    assert (stepped["time"], stepped["session"]) == ("2012-06-20T13:30:30Z", "2012-06-20")
    assert call("GET", "/v1/market/quote/%20aapl").json()["symbol"] == "AAPL"
    quote = call("GET", "/v1/market/quote/AAPL").json()
    assert quote["market_open"] is True
    assert 1 <= quote["data_age_seconds"] <= 9
    assert float(quote["bid"]) < float(quote["ask"])
    assert set(quote) == {"symbol", "bid", "ask", "at", "data_age_seconds", "market_open"}


def test_the_player_is_played_paused_and_hastened_over_http(call: Call) -> None:
    assert call("POST", "/v1/player/resume", json={}).json()["state"] == "playing"
    assert call("POST", "/v1/player/pause", json={}).json()["state"] == "paused"
    assert call("POST", "/v1/player/speed", json={"speed": 5}).json()["speed"] == 5.0


@pytest.mark.parametrize("speed", [0, -1, 1001, "5", None, True])
def test_an_impossible_speed_is_a_fault_with_its_place(call: Call, speed: object) -> None:
    answer = call("POST", "/v1/player/speed", json={"speed": speed})
    assert _is_problem(answer, 422, "invalid-request")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/speed"]


def test_stepping_past_the_end_says_that_there_is_no_more(call: Call) -> None:
    states = [call("POST", "/v1/player/step", json={}).json()["state"] for _ in range(6)]
    assert states == ["paused"] * 5 + ["done"]
    assert _is_problem(call("POST", "/v1/player/step", json={}), 409, "player-done")


def test_a_failing_step_is_our_failure_and_stays_to_be_repeated(call: Call, failing: list[Exception]) -> None:
    failing.append(RuntimeError("the disk is full"))
    answer = call("POST", "/v1/player/step", json={})
    assert _is_problem(answer, 500, "step-failed")
    assert "the disk is full" in answer.json()["detail"]
    assert call("GET", "/v1/player").json()["error"] == "RuntimeError: the disk is full"
    repeated = call("POST", "/v1/player/step", json={}).json()
    assert (repeated["time"], repeated["error"]) == ("2012-06-20T13:30:30Z", None)


@pytest.mark.parametrize("path", ["pause", "resume", "step", "speed"])
@pytest.mark.parametrize(
    ("sent", "status", "slug"),
    [
        ({"content": "{}"}, 415, "unsupported-media-type"),
        ({"content": "{", "headers": {"content-type": "application/json"}}, 400, "malformed-json"),
        (
            {"content": '{"speed": NaN}', "headers": {"content-type": "application/json"}},
            400,
            "malformed-json",
        ),
        ({"json": []}, 422, "invalid-request"),
        ({"json": {"surprise": 1}}, 422, "invalid-request"),
        ({"json": {}, "headers": {"origin": "https://elsewhere.example"}}, 403, "foreign-origin"),
    ],
)
def test_a_wrong_body_moves_nothing(
    call: Call, path: str, sent: dict[str, Any], status: int, slug: str
) -> None:
    before = call("GET", "/v1/player").json()
    assert _is_problem(call("POST", f"/v1/player/{path}", **sent), status, slug)
    assert call("GET", "/v1/player").json() == before


def test_a_symbol_that_was_not_quoted_yet_is_told_from_an_unknown_one(call: Call) -> None:
    assert _is_problem(call("GET", "/v1/market/quote/AAPL"), 404, "no-quote-yet")
    unknown = call("GET", "/v1/market/quote/NOPE")
    assert _is_problem(unknown, 404, "unknown-symbol")
    assert "AAPL, FB, GOOG, IBM, MSFT" in unknown.json()["detail"]
    assert _is_problem(call("GET", "/v1/market/bar/NOPE"), 404, "unknown-symbol")
    assert _is_problem(call("GET", "/v1/features/NOPE"), 404, "unknown-symbol")


def test_bars_end_where_the_clock_stands(call: Call) -> None:
    told = call("GET", "/v1/market/bar/IBM", params={"from": "2012-06-18", "to": "2012-06-22"}).json()
    assert [bar["closed_at"] for bar in told["bars"]] == ["2012-06-18T20:00:00Z", "2012-06-19T20:00:00Z"]
    for _ in range(6):
        call("POST", "/v1/player/step", json={})
    told = call("GET", "/v1/market/bar/IBM", params={"from": "2012-06-20"}).json()
    assert [bar["closed_at"] for bar in told["bars"]] == ["2012-06-20T20:00:00Z"]


def test_there_are_no_bars_between_a_day_and_one_before_it(call: Call) -> None:
    asked = {"from": "2012-06-19", "to": "2012-06-18"}
    told = call("GET", "/v1/market/bar/IBM", params=asked).json()
    assert told == {"symbol": "IBM", "adjusted": True, "bars": []}


@pytest.mark.parametrize(
    ("asked", "place"), [({"from": "yesterday"}, "/from"), ({"to": "2012-13-01"}, "/to")]
)
def test_impossible_days_are_faults(call: Call, asked: dict[str, str], place: str) -> None:
    answer = call("GET", "/v1/market/bar/IBM", params=asked)
    assert _is_problem(answer, 422, "invalid-request")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [place]


def test_features_are_as_of_the_clock(call: Call) -> None:
    told = call("GET", "/v1/features/FB").json()
    assert (told["symbol"], told["at"], told["bars"]) == ("FB", "2012-06-20T13:30:00Z", 22)
    assert told["values"]["close"] == 31.911
    assert "sma_50" not in told["values"]
    assert told["cold"]["sma_50"] == 28


def test_features_of_a_time_that_has_passed_are_what_they_were_then(call: Call) -> None:
    told = call("GET", "/v1/features/FB", params={"at": "2012-06-12T14:00:00-04:00"}).json()
    assert (told["at"], told["bars"]) == ("2012-06-12T18:00:00Z", 16)
    assert told["cold"]["sma_20"] == 4


def test_features_are_found_however_the_symbol_is_written(call: Call) -> None:
    assert call("GET", "/v1/features/fb").json() == call("GET", "/v1/features/FB").json()


def test_before_there_were_bars_nothing_is_warm(call: Call) -> None:
    told = call("GET", "/v1/features/FB", params={"at": "0001-01-01T00:00:00Z"}).json()
    assert (told["bars"], told["values"], told["cold"]["close"]) == (0, {}, 1)


@pytest.mark.parametrize(
    ("at", "slug"),
    [
        ("2012-06-20T13:30:01Z", "not-yet"),
        ("9999-12-31T23:59:59Z", "not-yet"),
        ("2012-06-12T14:00:00", "invalid-request"),
        ("yesterday", "invalid-request"),
    ],
)
def test_features_of_no_time_that_has_passed_are_refused(call: Call, at: str, slug: str) -> None:
    assert _is_problem(call("GET", "/v1/features/FB", params={"at": at}), 422, slug)


def test_the_spread_is_told_once_there_is_a_quote_and_the_correlation_as_of_now(call: Call) -> None:
    assert "spread" not in call("GET", "/v1/features/AAPL").json()["values"]
    call("POST", "/v1/player/step", json={})
    quote = call("GET", "/v1/market/quote/AAPL").json()
    bid, ask = float(quote["bid"]), float(quote["ask"])
    now = call("GET", "/v1/features/AAPL").json()["values"]
    assert now["spread"] == pytest.approx((ask - bid) / ((ask + bid) / 2))
    assert now["correlation_60d"] == 0.0
    before = call("GET", "/v1/features/AAPL", params={"at": "2012-06-20T13:30:00Z"}).json()["values"]
    assert set(now) - set(before) == {"spread", "correlation_60d"}


def test_the_catalogue_tells_every_feature_with_its_formula(call: Call) -> None:
    told = call("GET", "/v1/features").json()
    shown = {one["name"]: one for one in told["features"]}
    assert set(call("GET", "/v1/features/AAPL").json()["values"]) <= set(shown)
    assert shown["sma_50"]["warm_after"] == 50
    assert shown["spread"]["needs"] == "quote"
    assert all(one["formula"] and one["source"] for one in shown.values())


def test_a_proposal_on_request_is_returned_and_never_published(call: Call, house: House) -> None:
    call("POST", "/v1/player/step", json={})
    answers = [call("POST", "/v1/signals/generate", json={"symbol": s}) for s in house.desk.symbols]
    proposals = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} == {200, 204}
    assert {"signal_id", "confidence", "size_pct", "model_version", "stop_distance_pct"} <= set(proposals[0])
    with reading(house.store) as connection:
        assert undelivered(connection, 10) == []


def test_asking_for_what_the_desk_does_not_have_names_what_it_has(call: Call) -> None:
    call("POST", "/v1/player/step", json={})
    symbol = call("POST", "/v1/signals/generate", json={"symbol": "NOPE"})
    assert _is_problem(symbol, 404, "unknown-symbol")
    strategy = call("POST", "/v1/signals/generate", json={"symbol": "AAPL", "strategy": "astrology"})
    assert _is_problem(strategy, 404, "unknown-strategy")
    assert "trend, mean-reversion, fake" in strategy.json()["detail"]


def test_the_description_states_every_answer_of_these_routes(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {"200", "204", "400", "404", "422"} <= set(paths["/v1/signals/generate"]["post"]["responses"])
    assert {"200", "409", "500"} <= set(paths["/v1/player/step"]["post"]["responses"])
    errors = [paths[path]["get"]["responses"]["404"] for path in paths if path.endswith("/{symbol}")]
    assert len(errors) == 4
    assert all(list(error["content"]) == ["application/problem+json"] for error in errors)
