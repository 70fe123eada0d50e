"""Every API of a house in one process, played or live, beside that of the policy service."""

from collections.abc import Sequence

from fastapi import APIRouter

from adapters.execution import api as orders_api
from adapters.execution.reconciliation import api as reconciliation_api
from adapters.execution.stopping import api as obeying_api
from adapters.features import api as features_api
from adapters.market import api as market_api
from adapters.market import feed_api
from adapters.market.service import MarketService
from adapters.portfolio import api as portfolio_api
from adapters.reasoning import api as reasoning_api
from adapters.settings import Settings
from adapters.strategy import api as strategy_api
from adapters.wiring.announced import announced_apis
from adapters.wiring.features import feature_service
from adapters.wiring.house import House
from adapters.wiring.inspecting import feed_of
from adapters.wiring.rollout import rollout_of
from policy.routes import rollout as rollout_routes


def house_apis(house: House, settings: Settings, moved_by: Sequence[APIRouter] = ()) -> Sequence[APIRouter]:
    """The routers of ``house``; ``moved_by`` are those of what moves it, such as a player's."""
    scene, clock = house.recording, house.clock
    market = MarketService(scene.tape, house.board, scene.calendar, clock)
    watch = feed_of(house.intake, scene.tape.symbols, house.board, scene.calendar, clock)
    return (
        market_api.router(market),
        feed_api.router(watch),
        features_api.router(feature_service(scene.features, clock, house.board, house.portfolio)),
        strategy_api.router(house.desk, clock),
        *moved_by,
        reasoning_api.router(house.reasons.desk),
        orders_api.router(house.execution),
        reconciliation_api.router(house.execution),
        obeying_api.router(house.store),
        *announced_apis(settings, scene.news, scene.calendar, clock),
        portfolio_api.router(house.portfolio),
        rollout_routes.router(rollout_of(settings, house.store, clock)),
    )
