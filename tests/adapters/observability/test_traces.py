"""Every span of a signal shares one trace that follows from its id, from the evaluation to the fill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from policy.watching.traces import root_of, tracing
from tests.adapters.observability.collector import Collector, collecting
from tests.policy.parts import signal_id

ROOT = Path(__file__).parents[3]


def run(folder: Path, module: str = "one_signal", *further: str, **environment: str) -> str:
    """What the process of ``module`` printed."""
    command = [sys.executable, "-m", f"tests.adapters.observability.{module}", str(folder), *further]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRIVET_", "OTEL_"))}
    done = subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """What one signal's life sent to a collector."""
    with collecting() as collector:
        assert run(tmp_path_factory.mktemp("traced"), TRIVET_OTLP_URL=collector.url).split() == [
            str(signal_id(1))
        ]
        yield collector


@pytest.fixture
def trace_of_signal() -> str:
    return sha256(signal_id(1).bytes).digest()[:16].hex()


def test_one_trace_holds_evaluation_order_and_fill(collected: Collector, trace_of_signal: str) -> None:
    assert collected.of_trace(trace_of_signal) >= {
        "policy.evaluate",
        "execution.place",
        "broker.submit",
        "order.create",
        "order.send",
        "order.fill",
    }
    assert {span.service for span in collected.spans} == {"trivet-test"}


def test_every_span_of_a_signal_hangs_below_its_evaluation(
    collected: Collector, trace_of_signal: str
) -> None:
    ours = {span.span: span for span in collected.spans if span.trace == trace_of_signal}
    [root] = [span for span in ours.values() if not span.parent]
    assert root.name == "policy.evaluate"
    assert root.told["verdict"] == "APPROVE"
    assert all(span.parent in ours for span in ours.values() if span is not root)
    assert all(span.starts >= root.starts for span in ours.values())


def test_a_signal_that_is_asked_again_has_one_evaluation(collected: Collector) -> None:
    assert len(collected.named("policy.evaluate")) == 1


def test_a_request_keeps_its_caller_s_trace_and_points_to_the_signal_s(
    collected: Collector, trace_of_signal: str
) -> None:
    asked = [span for span in collected.spans if span.trace == "ab" * 16]
    assert len(asked) == 2
    assert {span.parent for span in asked} == {"cd" * 8}
    assert {link for span in asked for link in span.links} == {trace_of_signal}


def test_evaluation_points_to_the_transaction_it_shared(collected: Collector) -> None:
    [evaluation] = collected.named("policy.evaluate")
    [commit] = [span for span in collected.named("policy.commit") if span.trace in evaluation.links]
    assert commit.starts == evaluation.starts


def test_without_a_collector_nothing_is_traced() -> None:
    assert not tracing()


def test_ids_of_a_trace_follow_from_the_signal_alone() -> None:
    digest = sha256(signal_id(7).bytes).digest()
    root = root_of(signal_id(7))
    assert root.trace_id == int.from_bytes(digest[:16])
    assert root.span_id == int.from_bytes(digest[16:24])
    assert root_of(signal_id(8)).trace_id != root.trace_id


def test_a_collector_that_is_away_changes_nothing_for_the_signal(tmp_path: Path) -> None:
    assert run(tmp_path, TRIVET_OTLP_URL="http://127.0.0.1:9").split() == [str(signal_id(1))]


def test_facts_are_the_same_whether_or_not_somebody_watches(tmp_path: Path) -> None:
    with collecting() as collector:
        untraced, traced = run(tmp_path, "one_week", collector.url).split()
    assert traced == untraced
    filled = collector.named("order.fill")
    assert filled
    assert all(
        collector.of_trace(one.trace) >= {"policy.evaluate", "event policy.decision.made", "broker.submit"}
        for one in filled
    )
