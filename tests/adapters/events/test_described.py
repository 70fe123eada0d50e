"""Events as they are described for others: current, well formed, and true of events that really happen."""

import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Engine

from adapters.events.described import event_files, schema_of
from adapters.events.jetstream.names import FACT_KINDS, MARKET_KINDS
from adapters.storage.database import connect, open_store
from adapters.wiring.apart.market_events import market_events
from policy.contracts import Bar, Decision, Event, EventType, Quote
from policy.outbox import undelivered
from policy.store import reading
from policy.tables import outbox
from tests.adapters.events.telling import AT
from tests.policy.parts import build_house, proposal
from tests.trivet import PROJECT, trivet

FOLDER = PROJECT / "docs" / "events"


def faults(event: Event) -> list[str]:
    """What the description of its type objects to in ``event`` as it travels."""
    validator = Draft202012Validator(schema_of(event.type))
    found = validator.iter_errors(json.loads(event.model_dump_json()))
    return [f"{event.type} {fault.json_path}: {fault.message}" for fault in found]


def told(store: Engine) -> list[Event]:
    """Everything in the outbox, delivered or not."""
    with store.begin() as connection:
        connection.execute(outbox.update().values(delivered=False))
        return [event for _, event in undelivered(connection, 100_000)]


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> list[Event]:
    """What a fortnight of the sample bars told."""
    home = tmp_path_factory.mktemp("played")
    done = trivet(home, "replay", "--from", "2012-05-18", "--to", "2012-06-01", "--store", home, "--json")
    assert done.returncode == 0, done.stderr
    store = connect(f"sqlite:///{home / 'trivet.sqlite3'}")
    events = told(store)
    store.dispose()
    return events


def test_the_descriptions_that_are_checked_in_are_current() -> None:
    files = event_files()
    assert {name: (FOLDER / name).read_text("utf-8") for name in files} == files
    assert {path.name for path in FOLDER.glob("*.json")} == files.keys()


@pytest.mark.parametrize("kind", EventType)
def test_every_type_has_a_schema_of_the_envelope_and_its_data(kind: EventType) -> None:
    schema = schema_of(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["type"]["const"] == kind.value
    assert schema["additionalProperties"] is False


def test_asyncapi_names_every_channel_and_points_nowhere_in_vain() -> None:
    document = json.loads((FOLDER / "asyncapi.json").read_text("utf-8"))
    assert {channel["address"] for channel in document["channels"].values()} == set(EventType)
    for reference in references(document):
        assert resolves(document, reference), reference


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [one for part in node.values() for one in references(part)]
    return [one for part in node for one in references(part)] if isinstance(node, list) else []


def resolves(document: dict, reference: str) -> bool:
    if not reference.startswith("#/"):
        return (FOLDER / Path(reference)).is_file()
    node: object = document
    for name in reference[2:].split("/"):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
        if isinstance(node, dict) and set(node) == {"$ref"}:
            node = resolved(document, node["$ref"])
    return True


def resolved(document: dict, reference: str) -> object:
    node: object = document
    for name in reference[2:].split("/"):
        assert isinstance(node, dict)
        node = node[name]
    return node


_PEOPLES = {EventType.STOP_TRIPPED, EventType.STOP_REARMED, EventType.PHASE_CHANGED}
"""What people do and no market brings about."""


def test_what_a_house_tells_is_what_is_described(played) -> None:
    kinds = {event.type for event in played}
    rare = {EventType.ORDER_CANCELLED, EventType.ORDER_REJECTED}
    assert set(FACT_KINDS) - kinds <= rare | _PEOPLES
    assert [fault for event in played for fault in faults(event)] == []


def test_an_answered_review_is_told_as_described(sqlite_url) -> None:
    store = open_store(sqlite_url)
    house = build_house(store)
    (decision,) = house.service.evaluation.evaluate_batch([proposal(1, confidence=0.5)])
    assert isinstance(decision, Decision)
    house.service.reviews.approve(decision.review_id, "ada", "looks right")
    with reading(store) as connection:
        events = [event for _, event in undelivered(connection, 100)]
    (answer,) = (event for event in events if event.type is EventType.REVIEW_ANSWERED)
    assert answer.data["decision"]["answered_by"] == "ada"
    assert [fault for event in events for fault in faults(event)] == []
    store.dispose()


def test_quotes_and_bars_are_told_as_described() -> None:
    quote = Quote(symbol="AAPL", bid=Decimal("187.30"), ask=Decimal("187.35"), at=AT)
    prices = dict.fromkeys(("open", "high", "low", "close"), Decimal("187.3"))
    bar = Bar(symbol="AAPL", volume=100, opened_at=AT, closed_at=AT.replace(hour=20), **prices)
    events = market_events(SimpleNamespace(quotes=(quote,), closed_bars=(bar,)))
    assert [event.type for event in events] == list(MARKET_KINDS)
    assert [fault for event in events for fault in faults(event)] == []


def test_an_event_that_is_not_as_described_is_told_apart(played) -> None:
    fill = next(event for event in played if event.type is EventType.ORDER_FILLED)
    for path, wrong in (("price", 187.35), ("at", "yesterday"), ("commission", None)):
        changed = {**fill.data, "fill": {**fill.data["fill"], path: wrong}}
        assert faults(fill.model_copy(update={"data": changed})), path
