"""The commands about events, on a real NATS."""

import json
from collections.abc import Sequence

from adapters.cli.speech import log_to_stderr
from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.consumer import Consumer
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.streams import ensure_streams
from policy.contracts import Event
from tests.adapters.events.telling import QUICK, SIGNAL, happened, numbers, soon
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
