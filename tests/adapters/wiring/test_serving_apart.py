"""Behind its port a service apart tells what it can do, and what is away when it cannot."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.features import api as features_api
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.wiring.apart.ground import ground_for
from adapters.wiring.apart.remote import RemotePortfolio
from adapters.wiring.apart.service import Service
from adapters.wiring.apart.serving import application
from adapters.wiring.features import feature_service
from policy.access.gate import access_of
from tests.policy.parts import StillClock, serving


@pytest.fixture
def settings(tmp_path, postgres_url, own_nats, own_redis):
    open_store(postgres_url).dispose()
    return Settings(
        home=tmp_path,
        database_url=SecretStr(postgres_url),
        nats_url=SecretStr(own_nats.url),
        redis_url=SecretStr(own_redis.url),
        clock="player",
        rate_limit="off",  # its counts in Redis would keep connections that nobody closes here
    )


@pytest.fixture(params=[False, True], ids=["local", "with keys"])
def api(request, settings, recording):
    """A features service with nobody else there; gives a client."""
    with ground_for("features", settings) as ground:
        access = access_of(ground.store, StillClock(), required=request.param)
        portfolio = RemotePortfolio(ground.line)
        told = feature_service(recording.features, ground.time, ground.quotes, portfolio)
        service = Service(routers=[features_api.router(told)])
        with serving(application("features", service, ground, access)) as client:
            yield client


@pytest.mark.parametrize("api", [False], indirect=True)
def test_it_is_ready_while_its_servers_answer_and_names_the_one_that_does_not(api, own_nats, own_redis):
    assert api.get("/healthz").json() == {"status": "alive"}
    assert api.get("/readyz").json() == {"status": "ready"}
    own_nats.kill()
    assert problem(api.get("/readyz"), 503) == "nats-unavailable"
    own_redis.kill()
    assert problem(api.get("/readyz"), 503) == "redis-unavailable"
    assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize("api", [False], indirect=True)
def test_while_nobody_knows_the_time_it_answers_so_and_its_metrics_still_come(api):
    assert problem(api.get("/v1/features/AAPL"), 503) == "unanswered"
    page = api.get("/metrics")
    assert page.status_code == 200
    assert 'trivet_build_info{service="features"' in page.text


@pytest.mark.parametrize("api", [True], indirect=True)
def test_where_keys_are_required_only_health_and_metrics_do_without(api):
    assert problem(api.get("/v1/features/AAPL"), 401)
    assert {api.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")} == {200}


@pytest.mark.parametrize("api", [False], indirect=True)
def test_other_services_paths_are_not_here(api):
    assert problem(api.get("/v1/orders"), 404) == "not-found"


def problem(answer: httpx.Response, status):
    """The slug of ``answer``, which must be a problem of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].rpartition(":")[2]
