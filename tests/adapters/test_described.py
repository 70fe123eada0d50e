"""The senses' routes keep what their own OpenAPI description promises, whatever is sent to them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from adapters.market import player_api
from adapters.market.player import Player
from adapters.market.steps import steps
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.packs import FrozenPacks
from adapters.wiring.house import build_house
from adapters.wiring.house_apis import house_apis
from adapters.wiring.parts import Recording
from policy.access.callers import Role
from policy.access.gate import access_of
from policy.access.keys import add_key, new_key
from policy.access.routes import every_route
from policy.api import create_app
from policy.store import writing

WITH_CONSTRAINTS = [
    "GET /v1/market/bar/{symbol}",
    "GET /v1/features/{symbol}",
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
    "GET /v1/reconciliation",
    "POST /v1/reconciliation/run",
    "POST /v1/reconciliation/release",
    "POST /v1/reasoning/memo",
    "GET /v1/reasoning/memos/{signal_id}",
]
WITHOUT = ["GET /v1/player", "GET /v1/market/quote/{symbol}", "GET /v1/features"]
WITHOUT += ["GET /v1/portfolio", "GET /v1/portfolio/positions", "GET /v1/reasoning/status"]
WITHOUT += ["GET /v1/market/splits/{symbol}", "GET /v1/market/gaps"]
CASES = [(name, GenerationMode.POSITIVE) for name in WITHOUT + WITH_CONSTRAINTS]
CASES += [(name, GenerationMode.NEGATIVE) for name in WITH_CONSTRAINTS]
RULES = Path(__file__).parents[2] / "rules"
LOCALLY = {"host": "127.0.0.1"}
START = datetime(2012, 5, 18, 13, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """An application and the headers with which it is asked."""

    application: FastAPI
    headers: dict[str, str] = field(default_factory=LOCALLY.copy)

    def described(self) -> schemathesis.BaseSchema:
        """What it says of itself about the routes beside policy's."""
        schema = schemathesis.openapi.from_asgi("/openapi.json", self.application, headers=self.headers)
        return schema.include(
            path_regex="^/v1/(market|player|features|signals|orders|portfolio|reconciliation|reasoning)"
        )


@pytest.fixture(scope="module")
def asked(
    recording: Recording, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[GenerationMode, Asked]]:
    """What fits is asked with a key of every role, and without one, which must be 401; what does not fit,
    where no key is needed, so that nothing but what is wrong with it can be the reason of a refusal."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/trivet.sqlite3")
    house = build_house(Settings(), store, FrozenPacks(RULES), recording, START, None)
    played = steps(recording.tape, recording.calendar, START.date(), date(2012, 6, 29))
    player = Player(played, lambda step: house.board.put(step.quotes), house.clock)
    routers = house_apis(house, Settings(rules=RULES), [player_api.router(player)])
    token, key = new_key("tester", Role, "test", START, None, bytes)
    with writing(store) as connection:
        add_key(connection, key)
    access = access_of(store, house.clock, required=True)
    keyed = Asked(create_app(house.policy, routers, access), LOCALLY | {"Authorization": f"Bearer {token}"})
    yield {GenerationMode.POSITIVE: keyed, GenerationMode.NEGATIVE: Asked(create_app(house.policy, routers))}
    store.dispose()


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_every_answer_is_one_that_the_description_names(
    asked: dict[GenerationMode, Asked], operation: str, mode: GenerationMode
) -> None:
    method, path = operation.split()

    @given(case=asked[mode].described()[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=asked[mode].headers)

    holds()


def test_every_route_of_every_service_is_in_the_table_of_access_and_no_other(
    asked: dict[GenerationMode, Asked],
) -> None:
    paths = asked[GenerationMode.POSITIVE].application.openapi()["paths"]
    served = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path))
        for path, operations in paths.items()
        for method in operations
    }
    pages = {("GET", "/docs"), ("GET", "/openapi.json")}
    assert served | pages == {(route.method, route.path) for route in every_route()}
