"""What watches Trivet reads metrics that Trivet has: rules, dashboards and the scrape configuration."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.gauges import StreamGauges
from adapters.events.jetstream.streams import ensure_streams
from adapters.market.pace_gauges import PaceGauges
from adapters.observability.dashboards import dashboards
from adapters.observability.files import made
from adapters.settings import Settings
from adapters.wiring.journey import Plan, journey
from adapters.wiring.watching import show_house
from engine import read_pack
from policy.api import create_app
from tests.adapters.market.pacing import Listening, Pacing
from tests.adapters.observability.queries import labels_of, metrics_of
from tests.policy.parts import body, serving

ROOT = Path(__file__).parents[3]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
RECORDED = {
    rule["record"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule
}
QUERIES = [
    target["expr"] for one in dashboards().values() for panel in one["panels"] for target in panel["targets"]
]
ALL = [*RECORDED.values(), *(rule["expr"] for rule in ALERTS), *QUERIES]
PROMETHEUS_OWN = {"up": {"job", "instance"}}

Known = dict[str, set[str]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Every sample that a running house shows, with its labels."""
    settings = Settings(home=tmp_path_factory.mktemp("watched"), rules=ROOT / "rules")
    with journey(settings, Plan(), keep="step") as travel:
        show_house(travel.house, [PaceGauges(Pacing(), Listening(), travel.house.clock)])
        for _ in range(3):
            travel.player.step()
        with serving(create_app(travel.house.policy)) as api:
            assert api.post("/v1/policy/evaluate", json=body(1)).status_code == 200
            assert api.post("/v1/policy/evaluate", json={}).status_code == 422
            yield seen(api.get("/metrics").text)


@pytest.fixture
def with_streams(known: Known, nats_url: str) -> Known:
    """The same with what a service apart shows of its streams."""
    with NatsLine(nats_url, "test") as line:
        ensure_streams(line)
        page = seen(generate_latest(StreamGauges(line, ("policy",))).decode())  # type: ignore[arg-type]
    return known | page


def seen(page: str) -> Known:
    """Each sample's name with the labels it was seen with; of a metric without samples, its name."""
    found: Known = {}
    for family in text_string_to_metric_families(page):
        counts = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        for ending in counts:
            found.setdefault(family.name + ending, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize("expression", ALL)
def test_every_expression_is_promql(expression: str) -> None:
    assert metrics_of(expression)


def test_every_metric_that_is_read_exists(with_streams: Known) -> None:
    there = set(with_streams) | set(RECORDED) | set(PROMETHEUS_OWN)
    missing = {expression: metrics_of(expression) - there for expression in ALL}
    assert {expression: names for expression, names in missing.items() if names} == {}


def test_every_label_that_is_matched_exists(with_streams: Known) -> None:
    wrong = [
        (name, label)
        for expression in ALL
        for name, label in labels_of(expression)
        if with_streams.get(name) and label not in with_streams[name]
    ]
    assert wrong == []


def test_files_made_by_code_are_the_ones_checked_in() -> None:
    for path, text in made().items():
        assert (ROOT / path).read_text() == text, f"{path}: run python -m adapters.observability.files"
    drawn = {path.name for path in (ROOT / "deploy/grafana/dashboards").iterdir()}
    assert drawn == set(dashboards())


def test_every_alert_says_how_grave_it_is_and_what_to_do() -> None:
    headings = re.findall(r"^### (\w+)$", (ROOT / "docs/observability.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(rule["alert"] for rule in ALERTS)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["runbook"] == f"docs/observability.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"]


def test_every_metric_of_ours_is_described(with_streams: Known) -> None:
    told = (ROOT / "docs/observability.md").read_text()
    ours = {name for name in with_streams if name.startswith("trivet_") and not name.endswith("_created")}
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in ours}
    assert [name for name in sorted(families) if f"`{name}" not in told] == []


def test_drawdown_warns_at_four_fifths_of_the_rules_limit() -> None:
    path = ROOT / "rules/trading-core/pack.yaml"
    limit = read_pack(path.read_text(), source=str(path)).limits["max_daily_drawdown"].value
    [alert] = [rule for rule in ALERTS if rule["alert"] == "DrawdownNearLimit"]
    assert alert["expr"].endswith(f"> {0.8 * limit:g}")


def test_every_service_of_the_compose_file_is_scraped_by_name() -> None:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    serving_ones = {
        f"{name}:{one['command'][-1]}"
        for name, one in composed.items()
        if one.get("command", [""])[0] == "serve"
    }
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    targets = {
        target
        for job in scraped["scrape_configs"]
        for config in job["static_configs"]
        for target in config["targets"]
    }
    assert targets == serving_ones


def test_grafana_asks_the_source_that_is_provisioned() -> None:
    source = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/trivet.yml").read_text())
    uids = {one["uid"] for one in source["datasources"]}
    for drawn in dashboards().values():
        assert {panel["datasource"]["uid"] for panel in drawn["panels"]} == uids


def test_panels_do_not_overlap() -> None:
    for drawn in dashboards().values():
        places = [
            (x, y)
            for panel in drawn["panels"]
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        assert len(places) == len(set(places))
        assert max(x for x, _ in places) < 24
