"""`trivet retention`: says what would go, keeps what an open order rests on; the log verifies afterwards."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select
from typer.testing import CliRunner, Result

from adapters.cli import app
from adapters.execution.tables import orders
from adapters.settings import STORE_FILE
from adapters.storage.database import open_store
from policy.audit.verify import verify
from policy.retention.tables import audit_anchors
from policy.store import reading, writing
from tests.policy.parts import NOON, build_house, proposal, signal_id


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Three decisions of June, one of each later month until December."""
    monkeypatch.setenv("TRIVET_HOME", str(tmp_path))
    opened = open_store(f"sqlite:///{tmp_path / STORE_FILE}")
    house = build_house(opened)
    house.service.evaluation.evaluate_batch([proposal(number) for number in range(3)])
    for month in range(1, 7):
        house.clock.time = NOON + timedelta(days=30.5 * month)
        house.service.evaluation.evaluate_batch([proposal(10 + month)])
    yield opened
    opened.dispose()


def order(store: Engine, number: int, state: str) -> None:
    """An order of signal ``number``, as far as looking it up goes."""
    row = {
        "order_id": UUID(int=number), "client_order_id": UUID(int=number), "signal_id": signal_id(number),
        "symbol": "AAPL", "state": state, "shown": state, "working": False, "record": "{}", "events": 1,
        "created_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    with writing(store) as connection:
        connection.execute(insert(orders), [row])


def retention(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["retention", *arguments])


def test_half_a_year_is_kept_unless_asked_otherwise(store: Engine) -> None:
    assert (
        retention("--dry-run").output == "no month ended before 2012-06-04 16:00Z, so nothing is old enough\n"
    )
    assert retention("--days", "100", "--dry-run").output == (
        "2012-06: 3 decisions would be dropped, 0 would be kept aside\n"
        "2012-07: 1 decisions would be dropped, 0 would be kept aside\n"
    )


def test_what_was_foreseen_happens_and_the_log_verifies(store: Engine) -> None:
    foreseen = json.loads(retention("--days", "150", "--dry-run", "--json").stdout)
    done = json.loads(retention("--days", "150", "--json").stdout)
    assert done == {**foreseen, "dry_run": False}
    assert done["parts"] == [{"part": "2012-06", "dropped": 3, "kept": 0, "shadows": 0}]
    assert verify(store) == []
    assert json.loads(retention("--days", "150", "--json").stdout)["parts"] == []


def test_who_dropped_decisions_is_on_record(store: Engine) -> None:
    assert retention("--days", "150", "--by", "ada").exit_code == 0
    with reading(store) as connection:
        assert connection.scalars(select(audit_anchors.c.by)).all() == ["ada"]


@pytest.mark.parametrize(
    ("state", "kept"), [("ACCEPTED", 1), ("NEW", 1), ("UNKNOWN", 1), ("FILLED", 0), ("DENIED", 0)]
)
def test_what_an_open_order_rests_on_is_kept_aside(store: Engine, state: str, kept: int) -> None:
    order(store, 1, state)
    told = json.loads(retention("--before", "2012-07-01T00:00:00Z", "--json").stdout)
    assert told["parts"] == [{"part": "2012-06", "dropped": 3 - kept, "kept": kept, "shadows": 0}]
    assert verify(store) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--before", "yesterday"], "is no time"),
        (["--before", "2012-07-01T00:00:00"], "has no zone"),
        (["--before", "2999-01-01T00:00:00Z"], "is yet to come"),
        (["--before", "2013-01-01T00:00:00Z"], "the last decision on record is of 2012-12-01"),
        (["--days", "0"], "greater than or equal to 1"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(store: Engine, arguments: list[str], words: str) -> None:
    refused = retention(*arguments)
    assert refused.exit_code == 2
    assert words in refused.output


def test_tampered_months_are_not_dropped(store: Engine) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE policy_evaluations SET symbol = 'IBM' WHERE seq = 2")
    refused = retention("--days", "100")
    assert refused.exit_code == 2
    assert "run `trivet audit verify`" in refused.output
