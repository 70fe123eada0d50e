"""The senses' routes keep what their own OpenAPI description promises, whatever is sent to them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from adapters.execution import api as orders_api
from adapters.features import api as features_api
from adapters.market import api as market_api
from adapters.market import player_api
from adapters.market.player import Player
from adapters.market.service import MarketService
from adapters.market.steps import steps
from adapters.portfolio import api as portfolio_api
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.strategy import api as strategy_api
from adapters.wiring.house import build_house
from adapters.wiring.parts import Recording
from policy.access.routes import every_route
from policy.api import create_app

WITH_CONSTRAINTS = [
    "GET /v1/market/bar/{symbol}",
    "POST /v1/player/pause",
    "POST /v1/player/resume",
    "POST /v1/player/step",
    "POST /v1/player/speed",
    "POST /v1/signals/generate",
    "POST /v1/orders",
    "GET /v1/orders",
    "GET /v1/orders/{order_id}",
    "POST /v1/orders/{order_id}/cancel",
    "POST /v1/portfolio/flatten",
    "GET /v1/portfolio/history",
]
WITHOUT = ["GET /v1/player", "GET /v1/market/quote/{symbol}", "GET /v1/features/{symbol}"]
WITHOUT += ["GET /v1/portfolio", "GET /v1/portfolio/positions"]
CASES = [(name, GenerationMode.POSITIVE) for name in WITHOUT + WITH_CONSTRAINTS]
CASES += [(name, GenerationMode.NEGATIVE) for name in WITH_CONSTRAINTS]
RULES = Path(__file__).parents[2] / "rules"
START = datetime(2012, 5, 18, 13, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def application(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/trivet.sqlite3")
    house = build_house(Settings(), store, FrozenPacks(RULES), recording, START, None)
    played = steps(recording.tape, recording.calendar, START.date(), date(2012, 6, 29))
    player = Player(played, lambda step: house.board.put(step.quotes), house.clock)
    market = MarketService(recording.tape, house.board, recording.calendar, house.clock)
    routers = [
        market_api.router(market),
        player_api.router(player),
        features_api.router(recording.features, house.clock),
        strategy_api.router(house.desk, house.clock),
        orders_api.router(house.execution),
        portfolio_api.router(house.portfolio),
    ]
    yield create_app(house.policy, routers)
    store.dispose()


@pytest.fixture(scope="module")
def described(application: FastAPI) -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_asgi("/openapi.json", application, headers={"host": "127.0.0.1"})
    return schema.include(path_regex="^/v1/(market|player|features|signals|orders|portfolio)")


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_every_answer_is_one_that_the_description_names(
    described: schemathesis.BaseSchema, operation: str, mode: GenerationMode
) -> None:
    method, path = operation.split()

    @given(case=described[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"host": "127.0.0.1"})

    holds()


def test_every_route_of_every_service_is_in_the_table_of_access_and_no_other(application: FastAPI) -> None:
    paths = application.openapi()["paths"]
    served = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path))
        for path, operations in paths.items()
        for method in operations
    }
    pages = {("GET", "/docs"), ("GET", "/openapi.json")}
    assert served | pages == {(route.method, route.path) for route in every_route()}
