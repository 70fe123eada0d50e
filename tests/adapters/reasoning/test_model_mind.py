"""A model's mind over a real socket: bounded, guarded, discreet, and gone when it is closed."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr
from sqlalchemy import select

from adapters.reasoning.asking import Budget
from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.line import INPUT_TOKENS
from adapters.reasoning.model_mind import AT_ONCE, ModelMind
from adapters.reasoning.opening import Terms, model_mind
from adapters.reasoning.service import Reasoning
from adapters.reasoning.tally import MemoTally
from adapters.settings import Settings, UnsafeSettings
from adapters.storage.database import open_store
from policy.memo_tables import reasoning_memos
from policy.store import reading
from tests.adapters.reasoning.mishaps import ASKED, INJECTED, SUPPLIED
from tests.adapters.reasoning.questions import news_item, question
from tests.adapters.reasoning.stand_in.replies import Reply, error, memo, said
from tests.adapters.reasoning.stand_in.server import StandIn, standing_in
from tests.policy.parts import StillClock

KEY = "sk-a-key-that-nobody-may-see"
FINE = said(memo(citations=[SUPPLIED.item_id]))
SHORT = Terms(Budget(soft=0.3, hard=0.6))


@contextmanager
def asking(
    *replies: Reply, terms: Terms | None = None, **settings: Any
) -> Iterator[tuple[ModelMind, StandIn]]:
    with standing_in(*replies) as server:
        chosen = Settings(
            **{"model_url": server.url, "model": "stand-in-1", "model_key": SecretStr(KEY)} | settings
        )
        with model_mind(chosen, terms) as mind:
            yield mind, server


def test_a_memo_comes_with_its_prompt_and_answer_as_they_went_over_the_wire() -> None:
    with asking(FINE) as (mind, server):
        thought = mind.think(ASKED)
    [attempt] = thought.attempts
    assert (thought.status, attempt.raw) == ("OK", memo(citations=[SUPPLIED.item_id]))
    assert json.loads(attempt.prompt) == server.heard[0].messages
    assert (attempt.input_tokens, attempt.output_tokens, attempt.finish_reason) == (812, 96, "stop")


def test_an_injected_headline_arrives_fenced_and_cannot_speak_as_anybody() -> None:
    with asking(FINE) as (mind, server):
        mind.think(ASKED)
        [heard] = server.heard
    roles = [message["role"] for message in heard.messages]
    assert roles == ["system", "user"]
    system, user = (message["content"] for message in heard.messages)
    assert INJECTED.headline not in system
    assert INJECTED.headline in user
    assert "<|" not in user
    assert "</news>" not in user


def test_even_the_longest_repair_stays_under_the_bound_of_a_request() -> None:
    news = [news_item(number, "é" * 900, "ß" * 5_000) for number in range(1, 40)]
    with asking(said("ñ" * 3_000)) as (mind, server):
        thought = mind.think(question(1, *news))
    assert (thought.reason, len(server.heard)) == ("invalid-json", 2)
    for heard in server.heard:
        texts = "".join(message["content"] for message in heard.messages)
        form = json.dumps(heard.body["response_format"]["json_schema"]["schema"])
        assert 2_500 < len(texts.encode()) + len(form.encode()) <= INPUT_TOKENS
    assert "was no memo" in server.heard[1].messages[-1]["content"]


def test_four_are_asked_at_once_and_more_wait_their_turn() -> None:
    with asking(said(memo(), after=0.2)) as (mind, server), ThreadPoolExecutor(6) as pool:
        thoughts = list(pool.map(mind.think, [question(number) for number in range(1, 7)]))
        assert {thought.status for thought in thoughts} == {"OK"}
        assert server.most_at_once == AT_ONCE == mind.at_once


def test_who_finds_no_place_in_time_has_failed_without_asking() -> None:
    terms = Terms(Budget(soft=0.2, hard=0.4), at_once=1)
    with asking(Reply(b"", after=30), terms=terms) as (mind, server), ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        thoughts = list(pool.map(mind.think, [question(1), question(2)]))
        assert time.monotonic() - began < 2
        assert {thought.reason for thought in thoughts} == {"time-out"}
        assert len(server.heard) == 1


def test_guests_who_wait_for_a_slow_model_take_no_place_of_the_house() -> None:
    terms = Terms(Budget(soft=0.8, hard=1.5))
    with (
        asking(Reply(b"", after=30), said(memo()), terms=terms) as (mind, server),
        ThreadPoolExecutor() as pool,
    ):
        guests = mind.beside(1)
        waiting = pool.submit(guests.think, question(1))
        while not server.heard:
            time.sleep(0.01)
        assert mind.think(question(2)).status == "OK"
        assert (guests.at_once, guests.breaker_state, waiting.done()) == (1, mind.breaker_state, False)
        assert waiting.result(5).reason == "time-out"


def test_a_late_answer_is_discarded_and_its_connection_closed() -> None:
    with asking(said(memo(), after=5), terms=SHORT) as (mind, server):
        thought = mind.think(ASKED)
        assert (thought.reason, thought.slow, thought.opinion) == ("time-out", True, None)
        assert thought.seconds < 3
        [left] = server.until_left()
        assert left < 3


def test_a_dead_provider_is_not_asked_a_sixth_time() -> None:
    with asking(error(500, "boom")) as (mind, server):
        reasons = [mind.think(ASKED).reason for _ in range(7)]
        assert reasons == ["provider-error"] * 5 + ["breaker-open"] * 2
        assert len(server.heard) == 5
        assert mind.breaker_state is BreakerState.OPEN


def test_useless_answers_leave_the_breaker_closed() -> None:
    with asking(
        said("no"),
    ) as (mind, _):
        assert {mind.think(ASKED).reason for _ in range(4)} == {"invalid-json"}
        assert mind.breaker_state is BreakerState.CLOSED


@pytest.mark.parametrize(
    "replies",
    [
        [FINE],
        [error(401, f"Incorrect API key provided: {KEY}")],
        [error(500, f"Bearer {KEY} failed")],
        [Reply(f"<html>{KEY}</html>".encode())],
        [Reply(b"", after=30)],
    ],
    ids=["fine", "401", "500", "a page", "late"],
)
def test_the_key_is_in_no_record_metric_log_or_text(sqlite_url: str, replies: list[Reply]) -> None:
    store = open_store(sqlite_url)
    with structlog.testing.capture_logs() as logged, asking(*replies, terms=SHORT) as (mind, server):
        registry, tally = CollectorRegistry(), MemoTally(mind)
        registry.register(tally)
        [told] = Reasoning(store, mind, StillClock(), tally.thought).memos("house", [ASKED])
        assert server.heard[0].headers["authorization"] == f"Bearer {KEY}"
    with reading(store) as connection:
        rows = connection.execute(select(reasoning_memos)).all()
    store.dispose()
    everything = repr((rows, told, logged, generate_latest(registry), mind.settings, vars(mind)))
    assert len(rows) == 1
    assert KEY not in everything
    assert KEY[5:] not in everything


def test_an_address_that_names_an_account_is_kept_without_it() -> None:
    path = "v1/4f2a9c81d03b4e6f9a7c5d1e2b3f4a60/gateway/openai"
    with asking(FINE, model_url=f"https://models.example.com/{path}") as (mind, _):
        assert mind.settings["url"] == "https://models.example.com/v1/[key]/gateway/openai"


def test_memos_are_counted_with_their_reason_tokens_and_dollars() -> None:
    prices = {"model_input_price": Decimal("2.5"), "model_output_price": Decimal(10)}
    with asking(said("no"), FINE, said(memo(), "length"), **prices) as (mind, _):
        registry, tally = CollectorRegistry(), MemoTally(mind, lambda: mind.breaker_state)
        registry.register(tally)
        for number in range(2):
            tally.thought(mind.think(question(number, SUPPLIED)))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    who = {"reasoner": "stand-in-1"}
    assert value("trivet_memos_total", **who, status="OK", reason="none") == 1
    assert value("trivet_memos_total", **who, status="FAILED", reason="truncated") == 1
    assert value("trivet_memos_total", **who, status="FAILED", reason="time-out") == 0
    assert value("trivet_memo_repairs_total") == 1
    assert value("trivet_memo_tokens_total", direction="input") == 3 * 812
    assert value("trivet_memo_tokens_total", direction="output") == 3 * 96
    assert value("trivet_memo_dollars_total") == pytest.approx(3 * (812 * 2.5 + 96 * 10) / 1e6)
    assert value("trivet_memo_seconds_count") == 2
    assert value("trivet_memos_slow_total") == 0
    assert value("trivet_reasoner_breaker") == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "TRIVET_MODEL_URL, TRIVET_MODEL as well"),
        ({"model": "m"}, "needs TRIVET_MODEL_URL as well"),
        ({"model_url": "http://127.0.0.1:1/v1", "model": " "}, "needs TRIVET_MODEL as well"),
        ({"model_url": "http://example.com/v1", "model": "m"}, "https"),
        (
            {"model_url": "http://127.0.0.1:1/v1", "model": "m", "model_input_price": Decimal(1)},
            "set both or neither",
        ),
        ({"model_url": "http://127.0.0.1:1/v1", "model": "m", "model_key": SecretStr("a\nb")}, "no key"),
        ({"model_url": "http://127.0.0.1:1/v1", "model": "m", "model_key": SecretStr("schlüssel")}, "no key"),
    ],
)
def test_half_a_model_is_refused_with_what_to_set(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsafeSettings, match=words) as caught, model_mind(Settings(**settings)):
        pass
    assert "schlüssel" not in str(caught.value)


def test_failures_and_the_breaker_are_in_the_log_with_the_signal() -> None:
    with structlog.testing.capture_logs() as logged, asking(error(500, "boom")) as (mind, _):
        for _ in range(5):
            mind.think(ASKED)
    told = [line for line in logged if line["event"] == "a model gave no memo"]
    assert {(line["signal"], line["reason"]) for line in told} == {
        (str(ASKED.signal.signal_id), "provider-error")
    }
    moves = [(line["before"], line["now"]) for line in logged if "breaker" in line["event"]]
    assert moves == [("closed", "open")]


def test_what_answers_depend_on_is_told_and_nothing_secret() -> None:
    with asking(FINE, model_output="text") as (mind, server):
        assert mind.settings == {
            "url": server.url,
            "output": "text",
            "temperature": 0.0,
            "seed": 7.0,
            "max_tokens": 700.0,
        }


_CHILD = """
import sys, threading
from adapters.reasoning.address import model_address
from adapters.reasoning.line import Message
from adapters.reasoning.model_line import Asked, ModelLine
line = ModelLine(model_address(sys.argv[1]), Asked("stand-in-1", "text", {}, 700))
threading.Thread(target=line.send, args=([Message("user", "hm")], 60.0), daemon=True).start()
while not sys.stdin.readline(): pass
print("ends", flush=True)
"""


def test_a_process_that_ends_does_not_wait_for_a_model() -> None:
    with standing_in(Reply(b"", after=60)) as server:
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _CHILD, server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while not server.heard and child.poll() is None:
            time.sleep(0.02)
        out, _ = child.communicate("\n", timeout=20)
    assert (child.returncode, out) == (0, "ends\n")
