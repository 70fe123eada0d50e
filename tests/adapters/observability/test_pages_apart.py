"""Each service apart shows its own part, and a server that is away takes nothing else from the page."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from adapters.settings import Settings
from adapters.wiring.apart.ground import ground_for
from adapters.wiring.apart.seats import SERVICES
from adapters.wiring.apart.serving import application
from policy.access.gate import access_of
from tests.policy.parts import StillClock, serving

ROOT = Path(__file__).parents[3]
Serve = Callable[[str], httpx.Client]


@pytest.fixture
def settings(tmp_path, postgres_url, own_nats, redis_url) -> Settings:
    return Settings(
        home=tmp_path,
        rules=ROOT / "rules",
        database_url=SecretStr(postgres_url),
        nats_url=SecretStr(own_nats.url),
        redis_url=SecretStr(redis_url),
        clock="player",
        rate_limit="off",  # its counts in Redis would keep connections that nobody closes here
    )


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Serves a service that has not begun: no player is there; gives a client."""
    with ExitStack() as stack:

        def start(name: str) -> httpx.Client:
            ground = stack.enter_context(ground_for(name, settings))
            access = access_of(ground.store, StillClock())
            return stack.enter_context(serving(application(name, SERVICES[name](ground), ground, access)))

        yield start


def shown(api: httpx.Client) -> dict[str, dict[tuple[str, ...], float]]:
    """Every family on the page: its values by their labels'."""
    answer = api.get("/metrics")
    assert answer.status_code == 200
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.text)
    }


def test_policy_shows_evaluations_reviews_and_chains(serve: Serve) -> None:
    page = shown(serve("policy"))
    assert page["trivet_store_up"] == page["trivet_nats_up"] == {(): 1}
    assert {
        "trivet_evaluations",
        "trivet_reviews_pending",
        "trivet_audit_links",
        "trivet_writer_queue",
    } <= set(page)
    assert "trivet_orders_working" not in page
    assert "trivet_review_oldest_seconds" not in page, "nobody has told the time yet"


def test_execution_shows_orders_and_no_queue_that_it_does_not_have(serve: Serve) -> None:
    page = shown(serve("execution"))
    assert page["trivet_orders_working"]["UNKNOWN",] == 0
    assert page["trivet_reconciliation_repairs"]["told",] == 0
    assert "trivet_writer_queue" not in page


def test_nats_that_is_away_takes_only_its_own_figures(serve: Serve, own_nats) -> None:
    api = serve("policy")
    assert "trivet_consumer_pending" in shown(api)
    own_nats.kill()
    page = shown(api)
    assert page["trivet_nats_up"] == {(): 0}
    assert "trivet_consumer_pending" not in page
    assert page["trivet_store_up"] == {(): 1}
