"""The commands about events, on a real NATS."""

import json
from collections.abc import Sequence
from datetime import timedelta

from adapters.cli.speech import log_to_stderr
from adapters.events.bus import Bus
from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.streams import ensure_streams
from adapters.events.relay import Relay
from adapters.storage.database import open_store
from policy.contracts import Event
from tests.adapters.events.telling import AT, QUICK, SIGNAL, happened, numbers, soon, tell
from tests.trivet import answer, trivet


def test_a_poisonous_event_is_listed_shown_and_retried(tmp_path, nats_url):
    log_to_stderr()  # the consumer of this test speaks in the same process as the command
    mended, taken = [], []

    def handle(events: Sequence[Event]) -> None:
        if not mended:
            raise ValueError("a fault of ours")
        taken.extend(numbers(events))

    def dead(*words):
        return trivet(tmp_path, "events", "dead", *words, TRIVET_NATS_URL=nats_url)

    with NatsLine(nats_url, "test") as line:
        ensure_streams(line)
        consumer = Consumer(line, "policy", [SIGNAL], handle, patience=QUICK)
        consumer.start()
        Publisher(line).publish([happened(1)])
        assert soon(lambda: answer(dead("list", "--json")))
        (letter,) = answer(dead("list", "--json"))
        assert (letter["consumer"], letter["type"]) == ("policy", "signal.candidate.created")
        assert letter["reason"] == "ValueError: a fault of ours"
        assert "1 dead letter\n" in dead("list").stdout
        shown = answer(dead("show", "1"))
        assert shown["event"] == json.loads(happened(1).model_dump_json())
        mended.append(True)
        assert dead("retry", "--all").stdout == "1 goes to policy again\n"
        assert soon(lambda: taken == [1])
        assert answer(dead("list", "--json")) == []
        consumer.stop()


def test_a_letter_that_is_not_there_is_said_to_be_missing(tmp_path, nats_url):
    for words in (("show", "7"), ("retry", "7")):
        done = trivet(tmp_path, "events", "dead", *words, TRIVET_NATS_URL=nats_url)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "there is no dead letter 7; `trivet events dead list` shows them\n"


def test_which_letters_to_retry_is_to_be_said(tmp_path, nats_url):
    for words in ((), ("7", "--all")):
        done = trivet(tmp_path, "events", "dead", "retry", *words, TRIVET_NATS_URL=nats_url)
        assert done.returncode == 2
        assert "name letters by number, or --all" in done.stderr


def test_without_nats_there_are_no_dead_letters_to_look_at(tmp_path):
    done = trivet(tmp_path, "events", "dead", "list")
    assert done.returncode == 1
    assert "TRIVET_NATS_URL is not set" in done.stderr


def test_descriptions_are_written_and_found_stale(tmp_path):
    folder = tmp_path / "described"
    assert trivet(tmp_path, "events", "schemas", "--folder", folder, "--check").returncode == 1
    assert not folder.exists()
    assert trivet(tmp_path, "events", "schemas", "--folder", folder).returncode == 0
    assert trivet(tmp_path, "events", "schemas", "--folder", folder, "--check").returncode == 0
    (folder / "asyncapi.json").write_text("{}", "utf-8")
    done = trivet(tmp_path, "events", "schemas", "--folder", folder, "--check")
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, f"stale  {folder / 'asyncapi.json'}")


def test_events_that_nats_lost_are_told_again_from_a_time_on(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'trivet.sqlite3'}")
    heard, bus = [], Bus()
    bus.subscribe(SIGNAL, lambda events: heard.extend(numbers(events)))
    early, late = happened(1).model_copy(update={"time": AT - timedelta(days=1)}), happened(2)
    tell(store, early, late)
    assert Relay(store, bus).pump() == 2
    done = trivet(tmp_path, "events", "again", "--since", "2012-06-01T12:00:00-04:00")
    assert (done.returncode, done.stdout) == (0, "1 event will be told again\n")
    assert Relay(store, bus).pump() == 1
    assert heard == [1, 2, 2]
    store.dispose()


def test_a_time_without_a_zone_is_refused(tmp_path):
    for text, words in (("2012-06-01T14:30:00", "has no zone"), ("yesterday", "is no time")):
        done = trivet(tmp_path, "events", "again", "--since", text)
        assert done.returncode == 2
        assert words in done.stderr
