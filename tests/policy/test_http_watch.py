"""Every request is counted by its route's template and its status, whoever answered it."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.policy.parts import House, body, signal_id


def answered(api: httpx.Client) -> dict[tuple[str, str, str], float]:
    """How often each method, route and status were answered, as the page has it."""
    families = text_string_to_metric_families(api.get("/metrics").text)
    return {
        (one.labels["method"], one.labels["route"], one.labels["status"]): one.value
        for family in families
        for one in family.samples
        if one.name == "trivet_http_requests_total"
    }


def test_requests_are_counted_by_template_and_status(api: httpx.Client) -> None:
    api.post("/v1/policy/evaluate", json=body(1))
    api.post("/v1/policy/evaluate", json=body(1))
    api.post("/v1/policy/evaluate", json={})
    api.get(f"/v1/policy/decisions/{signal_id(404)}")
    api.get(f"/v1/policy/decisions/{signal_id(405)}")
    seen = answered(api)
    assert seen["POST", "/v1/policy/evaluate", "200"] == 2
    assert seen["POST", "/v1/policy/evaluate", "422"] == 1
    assert seen["GET", "/v1/policy/decisions/{decision_id}", "404"] == 2


def test_what_no_route_takes_shares_one_label(api: httpx.Client) -> None:
    for number in range(3):
        api.get(f"/no/such/path/{number}")
    api.request("BREW", "/no/such/path")
    api.get("/healthz", headers={"Host": "evil.example"})
    seen = answered(api)
    assert {key: value for key, value in seen.items() if key[1] == "none"} == {
        ("GET", "none", "404"): 3,
        ("other", "none", "404"): 1,
        ("GET", "none", "403"): 1,
    }


def test_an_internal_failure_counts_as_500(
    api: httpx.Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy.routes.packs.ActivePacks", None)
    assert api.get("/v1/policy/packs").status_code == 500
    labels = {"method": "GET", "route": "/v1/policy/packs", "status": "500"}
    assert house.service.tally.registry.get_sample_value("trivet_http_requests_total", labels) == 1


def test_time_of_requests_is_measured_by_route(api: httpx.Client) -> None:
    api.post("/v1/policy/evaluate", json=body(1))
    page = api.get("/metrics").text
    assert 'trivet_http_request_seconds_count{route="/v1/policy/evaluate"} 1.0' in page
