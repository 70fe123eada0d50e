"""Streams as they are described, and what is published: once each, in order, as CloudEvents."""

import json

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.names import FACT_KINDS, FACTS, MARKET, MARKET_KINDS
from adapters.events.jetstream.publisher import CONTENT_TYPE, Publisher
from adapters.events.jetstream.streams import ensure_streams, stream_configs
from policy.contracts import EventType
from tests.adapters.events.telling import happened


def facts_of(line: NatsLine) -> list[tuple[str, dict, bytes]]:
    """Everything in the stream of facts, the oldest first: subject, headers, body."""

    async def read_all():
        last = (await line.jetstream.stream_info(FACTS)).state.last_seq
        found = [await line.jetstream.get_msg(FACTS, number) for number in range(1, last + 1)]
        return [(one.subject, one.headers, one.data) for one in found]

    return line.call(read_all(), 10.0)


def test_streams_are_as_described_however_often_they_are_made(line) -> None:
    ensure_streams(line)
    for wanted in stream_configs():
        found = line.call(line.jetstream.stream_info(wanted.name), 5.0).config
        assert found.subjects == wanted.subjects
        assert (found.retention, found.storage) == (RetentionPolicy.LIMITS, StorageType.FILE)
        assert (found.max_age, found.duplicate_window) == (wanted.max_age, wanted.duplicate_window)
        assert found.discard == (DiscardPolicy.OLD if wanted.name == MARKET else DiscardPolicy.NEW)


def test_every_type_of_event_has_a_stream() -> None:
    assert set(FACT_KINDS) | set(MARKET_KINDS) == set(EventType)


def test_a_stream_with_older_settings_is_brought_up_to_date_and_keeps_its_events(line) -> None:
    Publisher(line).publish([happened(1)])
    config = stream_configs()[0]
    line.call(line.jetstream.update_stream(config.evolve(max_age=60.0, duplicate_window=30.0)), 5.0)
    ensure_streams(line)
    found = line.call(line.jetstream.stream_info(config.name), 5.0)
    assert found.config.max_age == config.max_age
    assert found.state.messages == 1


def test_an_event_travels_as_a_cloudevent_under_its_type(line) -> None:
    Publisher(line).publish([happened(1)])
    ((subject, headers, body),) = facts_of(line)
    assert subject == "signal.candidate.created"
    assert headers["Nats-Msg-Id"] == str(happened(1).id)
    assert headers["Content-Type"] == CONTENT_TYPE
    assert json.loads(body) == happened(1).model_dump(mode="json")
    assert {"specversion", "id", "source", "type", "time"} <= json.loads(body).keys()


def test_what_is_published_twice_is_kept_once_in_its_first_place(line) -> None:
    publisher = Publisher(line)
    publisher.publish([happened(1), happened(2)])
    publisher.publish([happened(1), happened(2), happened(3)])
    assert [json.loads(body)["subject"] for _, _, body in facts_of(line)] == ["1", "2", "3"]


def test_nothing_overtakes_an_event_that_did_not_arrive(line, monkeypatch) -> None:
    """The second message of a batch is lost on its way: those behind it wait for its repetition."""
    send, lost = line.client.publish, list[str]()

    async def lossy(subject, payload=b"", reply="", headers=None):
        if not lost and headers and headers["Nats-Msg-Id"] == str(happened(2).id):
            lost.append(subject)
            return
        await send(subject, payload, reply, headers)

    monkeypatch.setattr(line.client, "publish", lossy)
    monkeypatch.setattr("adapters.events.jetstream.publisher._CONFIRM_SECONDS", 0.3)
    Publisher(line).publish([happened(number) for number in range(1, 6)])
    assert lost
    assert [json.loads(body)["subject"] for _, _, body in facts_of(line)] == ["1", "2", "3", "4", "5"]
