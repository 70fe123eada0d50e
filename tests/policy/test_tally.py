"""What the policy service counts: verdicts, objections by rule, and where the time of an evaluation goes."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from policy.evaluate import Answer
from policy.proposal import Proposal
from policy.watching.tally import Tally
from policy.writer import Writer
from tests.policy.parts import House, body, proposal

SECONDS = "trivet_evaluation_seconds"


def counted(house: House, name: str, **labels: str) -> float | None:
    """One sample of the service's page."""
    return house.service.tally.registry.get_sample_value(name, labels)


def test_objections_are_counted_by_rule_and_verdict(house: House) -> None:
    house.service.evaluation.evaluate_batch(
        [proposal(1, confidence=0.1), proposal(2, confidence=0.1), proposal(3)]
    )
    unsure = {"rule": "trading-core/low-confidence", "verdict": "REVIEW"}
    assert counted(house, "trivet_rule_hits_total", **unsure) == 2
    assert counted(house, "trivet_evaluations_total", verdict="REVIEW", source="callers") == 2
    assert counted(house, "trivet_evaluations_total", verdict="APPROVE", source="callers") == 1


def test_time_of_an_evaluation_is_parted_by_phase(api: httpx.Client, house: House) -> None:
    assert api.post("/v1/policy/evaluate", json=body(1)).status_code == 200
    assert [
        counted(house, f"{SECONDS}_count", phase=phase) for phase in ("validation", "engine", "database")
    ] == [1, 1, 1]
    engine, database = (counted(house, f"{SECONDS}_sum", phase=phase) for phase in ("engine", "database"))
    whole = counted(house, "trivet_commit_seconds_sum")
    assert engine
    assert database
    assert whole
    assert engine + database <= whole


def test_what_was_not_recorded_has_no_database_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policy.evaluate.record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        house.service.evaluation.evaluate_batch([proposal(1)])
    assert counted(house, f"{SECONDS}_count", phase="engine") == 1
    assert counted(house, f"{SECONDS}_count", phase="database") == 0


def test_queue_of_the_writer_is_shown_with_its_capacity(house: House) -> None:
    assert counted(house, "trivet_writer_queue") == 0
    assert counted(house, "trivet_writer_queue_capacity") == 2_000


def test_every_signal_of_a_batch_without_a_store_is_counted() -> None:
    def away(_: Sequence[Proposal]) -> list[Answer]:
        raise OperationalError("SELECT 1", {}, Exception("nobody is there"))

    tally = Tally()
    writer = Writer(away, lambda _: None, tally)
    with ThreadPoolExecutor(3) as callers:
        answers = [callers.submit(writer.decide_now, proposal(number)) for number in range(3)]
        while tally.registry.get_sample_value("trivet_writer_queue") != 3:
            time.sleep(0.001)
        writer.start()
    writer.stop()
    assert [answer.result().slug for answer in answers] == ["database-unavailable"] * 3
    refused = tally.registry.get_sample_value("trivet_refusals_total", {"code": "database-unavailable"})
    assert refused == 3
