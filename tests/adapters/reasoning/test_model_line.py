"""The line to a model: bare requests, exact answers, an end to waiting that is an end."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from adapters.reasoning.address import model_address
from adapters.reasoning.background import Background, Closed
from adapters.reasoning.line import Answer, LineFault, Message, Output, as_sent
from adapters.reasoning.model_line import Asked, ModelLine
from adapters.reasoning.wire import LONGEST_ANSWER
from adapters.settings import UnsafeSettings
from tests.adapters.reasoning.stand_in.replies import Reply, completion, error, said
from tests.adapters.reasoning.stand_in.server import StandIn, standing_in

KEY = "sk-a-key-that-nobody-may-see"
TALK = (
    Message("system", "answer in JSON"),
    Message("user", "what of <|im_start|>system [INST] “this”?"),
    Message("assistant", "<think>hm</think> well"),
    Message("user", "once more"),
)
SCHEMA = {
    "type": "object",
    "properties": {"thesis": {"type": "string"}},
    "required": ["thesis"],
    "additionalProperties": False,
}


@contextmanager
def line_to(server: StandIn, output: Output = "json-schema", key: str | None = KEY) -> Iterator[ModelLine]:
    line = ModelLine(model_address(server.url), Asked("stand-in-1", output, SCHEMA, 700), key)
    try:
        yield line
    finally:
        line.close()


def answered(*replies: Reply, within: float = 5.0) -> Answer:
    with standing_in(*replies) as server, line_to(server) as line:
        return line.send(TALK, within)


def fault_of(*replies: Reply, within: float = 5.0) -> LineFault:
    with pytest.raises(LineFault) as caught:
        answered(*replies, within=within)
    return caught.value


def sent(output: Output = "json-schema", key: str | None = KEY) -> tuple[dict[str, str], dict[str, Any]]:
    with standing_in(said("{}")) as server, line_to(server, output, key) as line:
        line.send(TALK, 5.0)
        [heard] = server.heard
        assert heard.path == "/v1/chat/completions"
        return heard.headers, heard.body


def test_messages_are_sent_to_the_letter_of_what_is_kept_as_the_prompt() -> None:
    _, body = sent()
    assert body["messages"] == json.loads(as_sent(TALK))
    assert [one["content"] for one in body["messages"]] == [one.text for one in TALK]


def test_a_request_asks_for_one_short_cool_answer_and_names_nobody() -> None:
    _, body = sent()
    assert (body["model"], body["temperature"], body["max_tokens"], body["stream"]) == (
        "stand-in-1",
        0,
        700,
        False,
    )
    assert isinstance(body["seed"], int)
    assert set(body) == {
        "model",
        "messages",
        "temperature",
        "max_tokens",
        "stream",
        "seed",
        "response_format",
    }


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        (
            "json-schema",
            {"type": "json_schema", "json_schema": {"name": "memo", "schema": SCHEMA, "strict": True}},
        ),
        ("json-object", {"type": "json_object"}),
        ("text", None),
    ],
)
def test_the_form_is_asked_for_as_the_server_knows_it(output: Output, wanted: object) -> None:
    assert sent(output)[1].get("response_format") == wanted


def test_headers_hold_the_key_and_nothing_of_the_account_or_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-somebody")
    headers, _ = sent()
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert headers.pop("user-agent") == "trivet"
    assert set(headers) == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
    }


def test_without_a_key_none_is_sent_whatever_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    headers, _ = sent(key=None)
    assert "authorization" not in headers


def test_an_answer_comes_as_it_is_with_the_providers_count() -> None:
    text = '<think>so</think> {"a": "“1”"}\n'
    assert answered(said(text)) == Answer(text, "stop", None, 812, 96)


def test_a_refusal_comes_as_one() -> None:
    assert answered(said(None, refusal="I will not")) == Answer("", "content_filter", "I will not", 812, 96)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_the_reason_of_an_end_comes_along(finish: str) -> None:
    assert answered(said("{", finish)).finish_reason == finish


@pytest.mark.filterwarnings("ignore:Failed to extract usage")  # the library's word on a count below 0
@pytest.mark.parametrize(
    ("usage", "told"),
    [(None, (None, None)), ((-5, 4), (None, None)), ((3, 10**12), (3, None)), ((3, 4), (3, 4))],
)
def test_tokens_that_cannot_be_are_not_believed(
    usage: tuple[int, int] | None, told: tuple[int | None, int | None]
) -> None:
    envelope = completion("{}")
    envelope.pop("usage")
    if usage is not None:
        prompt, answer = usage
        envelope["usage"] = {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }
    answer_ = answered(Reply(json.dumps(envelope).encode()))
    assert (answer_.input_tokens, answer_.output_tokens) == told


def test_half_a_letter_stays_as_its_escape_so_that_it_can_be_kept() -> None:
    assert answered(said("{\ud83d}")).text == "{\\ud83d}"


@pytest.mark.parametrize(
    ("reply", "words", "is_ours"),
    [
        (error(500, "boom"), "HTTP 500: {'message': 'boom'", False),
        (error(429, "slow down"), "HTTP 429", False),
        (error(401, "no such key"), "HTTP 401", False),
        (error(400, "response_format is unknown"), "HTTP 400", True),
        (error(422, "no"), "HTTP 422", True),
        (Reply(b"<html>"), "what is no chat completion", False),
        (Reply(b"[]"), "what is no chat completion", False),
        (Reply(b'{"choices": []}'), "what is no chat completion", False),
        (Reply(json.dumps(completion("{}") | {"choices": []}).encode()), "what is no chat completion", False),
        (Reply(said("{}").body, cut=30), "the answer broke off", False),
        (Reply(b" " * (LONGEST_ANSWER + 1)), "longer than", False),
        (Reply(b"{}", headers={"content-encoding": "gzip"}), "packed", False),
    ],
)
def test_what_is_no_answer_is_a_providers_error(reply: Reply, words: str, is_ours: bool) -> None:
    fault = fault_of(reply)
    assert (fault.code, fault.is_ours) == ("provider-error", is_ours)
    assert words in str(fault)


def test_nobody_is_asked_elsewhere_by_a_redirect() -> None:
    with standing_in(said("{}")) as other:
        away = Reply(b"", status=307, headers={"location": f"{other.url}/chat/completions"})
        assert fault_of(away).code == "provider-error"
        assert other.heard == []


def test_a_failed_request_is_not_sent_again() -> None:
    with standing_in(error(503, "busy")) as server, line_to(server) as line:
        with pytest.raises(LineFault):
            line.send(TALK, 5.0)
        assert len(server.heard) == 1


def test_no_connection_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        line = ModelLine(
            model_address(f"http://127.0.0.1:{taken.getsockname()[1]}"), Asked("m", "text", {}, 700), None
        )
        with pytest.raises(LineFault) as caught:
            line.send(TALK, 5.0)
        line.close()
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize(
    "reply", [Reply(b"{}", after=30), Reply(b" ", drip=0.02)], ids=["says nothing", "never ends"]
)
def test_what_is_late_is_cut_off_and_its_connection_closed(reply: Reply) -> None:
    with standing_in(reply) as server, line_to(server) as line:
        began = time.monotonic()
        with pytest.raises(LineFault) as caught:
            line.send(TALK, 0.3)
        assert caught.value.code == "time-out"
        assert 0.3 <= time.monotonic() - began < 3
        [left] = server.until_left()
        assert left < 3


def test_four_threads_wait_at_the_same_time() -> None:
    with standing_in(said("{}", after=0.4)) as server, line_to(server) as line:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: line.send(TALK, 5.0), range(4)))
        assert server.most_at_once == 4


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_the_provider_tells_again_is_taken_out(status: int) -> None:
    fault = fault_of(error(status, f"Incorrect API key provided: {KEY}"))
    assert KEY not in repr((fault, fault.args, fault.__cause__))
    assert "***" in str(fault)


def test_private_data_that_the_provider_tells_are_taken_out() -> None:
    fault = fault_of(error(429, "quota of jo@example.com, account 00123456, is used up"))
    assert "quota of [e-mail], account [account], is used up" in str(fault)


def test_a_key_that_the_answer_tells_again_is_taken_out_of_it() -> None:
    with standing_in(said(f"use plain-words-as-key, {KEY}")) as server:
        for key, told in ((KEY, "use plain-words-as-key, ***"), ("plain-words-as-key", f"use ***, {KEY}")):
            with line_to(server, key=key) as line:
                assert line.send(TALK, 5.0).text == told
        with line_to(server, key="use") as line:
            assert line.send(TALK, 5.0).text == f"use plain-words-as-key, {KEY}"


def test_what_the_provider_says_cannot_reach_a_terminal_as_more_than_text() -> None:
    fault = fault_of(error(500, "\x1b[2J\u202egood\n<b>news</b>"))
    assert str(fault).isprintable()
    assert "<" not in str(fault)


def test_closing_cuts_off_what_is_under_way_and_ends_the_thread() -> None:
    with standing_in(Reply(b"{}", after=30)) as server, line_to(server) as line:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(line.send, TALK, 20.0)
            while not server.heard:
                time.sleep(0.01)
            line.close()
            with pytest.raises(LineFault, match="closed"):
                waiting.result(3)
        assert server.until_left()
        assert "model-line" not in {thread.name for thread in threading.enumerate()}
        with pytest.raises(LineFault, match="closed"):
            line.send(TALK, 1.0)


def test_a_background_that_was_never_used_closes_as_well() -> None:
    background = Background("unused")
    background.close()

    async def nothing() -> None:
        raise AssertionError("it must not be run")

    with pytest.raises(Closed):
        background.run(nothing(), 1.0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://models.example.com/v1", "must be https"),
        ("ftp://127.0.0.1/v1", "must be https"),
        ("https:///v1", "must be https"),
        ("models.example.com", "must be https"),
        ("https://me:secret@models.example.com/v1", "TRIVET_MODEL_KEY"),
        ("https://models.example.com/v1?key=secret", "TRIVET_MODEL_KEY"),
        ("http://127.0.0.1:port/v1", "no address"),
    ],
)
def test_an_address_that_would_tell_others_what_is_asked_is_refused(url: str, words: str) -> None:
    with pytest.raises(UnsafeSettings, match=words) as caught:
        model_address(url)
    assert "secret" not in str(caught.value)


def test_https_may_go_anywhere_and_http_to_this_machine() -> None:
    assert model_address("https://api.openai.com/v1/").url == "https://api.openai.com/v1"
    assert not model_address("https://api.openai.com/v1").is_local
    assert model_address("http://localhost:11434/v1").is_local
