"""The log's way into months and back: every row arrives, with its number, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, text

from adapters.storage.database import open_store
from adapters.storage.migrate import alembic_config
from policy.audit.verify import verify
from policy.store import reading, writing
from tests.policy.parts import NOON, build_house, proposal

BEFORE, HEAD = "0007", "head"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    opened = open_store(str(request.getfixturevalue(f"{request.param}_url")))
    yield opened
    opened.dispose()


def walk(store: Engine, to: str) -> None:
    with writing(store) as connection:
        config = alembic_config(connection)
        (command.upgrade if to == HEAD else command.downgrade)(config, to)


def everything(store: Engine) -> list[tuple[Any, ...]]:
    hits = "decision_id, position, rule, kind, message"
    with reading(store) as connection:
        log = connection.execute(text("SELECT id, hash, chain, seq FROM policy_evaluations ORDER BY id"))
        told = connection.execute(text(f"SELECT {hits} FROM policy_rule_hits ORDER BY decision_id, position"))
        return [*map(tuple, log), *map(tuple, told)]


def test_every_row_goes_into_its_month_and_comes_back(store: Engine) -> None:
    house = build_house(store)
    for days in (-35, 0, 40):
        house.clock.time = NOON
        house.clock.pass_by(days=days)
        signals = range(100 + days, 103 + days)
        house.service.evaluation.evaluate_batch([proposal(one, confidence=0.5) for one in signals])
    written = everything(store)
    walk(store, BEFORE)
    assert everything(store) == written
    walk(store, HEAD)
    assert everything(store) == written
    assert verify(store) == []
    house.service.evaluation.evaluate_batch([proposal(1000, confidence=0.5)])
    numbers = [row[0] for row in everything(store) if isinstance(row[0], int)]
    assert numbers == list(range(1, 11)), "the numbering goes on"
    assert verify(store) == []


def test_an_empty_log_goes_down_and_up(store: Engine) -> None:
    walk(store, BEFORE)
    walk(store, HEAD)
    assert everything(store) == []
