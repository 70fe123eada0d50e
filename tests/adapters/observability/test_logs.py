"""The log: JSON where no terminal is, each line with its trace, and no secret in any."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, format_span_id, format_trace_id

from adapters.observability.logs import logging_as
from policy.watching.traces import root_of
from tests.policy.parts import signal_id

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged() -> Iterator[Lines]:
    """The lines that were logged as JSON since the start of the test."""
    stream = io.StringIO()
    with logging_as(None, "policy", "worker-2", stream=stream):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_are_json_where_no_terminal_is_and_say_who_speaks(logged: Lines) -> None:
    structlog.get_logger("test").warning("the store is slow", seconds=1.5)
    [line] = logged()
    assert (line["event"], line["level"], line["seconds"]) == ("the store is slow", "warning", 1.5)
    assert (line["service"], line["worker"]) == ("policy", "worker-2")
    assert line["timestamp"].endswith("Z")


def test_text_can_be_asked_for() -> None:
    stream = io.StringIO()
    with logging_as("text", "policy", "", stream=stream):
        structlog.get_logger("test").warning("the store is slow")
        try:
            raise ConnectionError("the cable is cut")
        except ConnectionError:
            structlog.get_logger("test").exception("away")
    assert "the store is slow" in stream.getvalue()
    assert "the cable is cut" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_a_line_about_a_signal_has_that_signal_s_trace(logged: Lines) -> None:
    structlog.get_logger("test").error("no decision", signal_id=str(signal_id(1)))
    structlog.get_logger("test").error("no decision", signal="not an id")
    about, other = logged()
    assert about["trace_id"] == format_trace_id(root_of(signal_id(1)).trace_id)
    assert "trace_id" not in other


def test_a_line_inside_a_span_has_its_ids(logged: Lines) -> None:
    here = SpanContext(7, 9, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(here)):
        structlog.get_logger("test").warning("inside")
    [line] = logged()
    assert (line["trace_id"], line["span_id"]) == (format_trace_id(7), format_span_id(9))


def test_secrets_never_reach_the_log(logged: Lines) -> None:
    structlog.get_logger("test").error(
        "cannot connect to postgresql://trivet:hunter2@db/trivet",
        password="hunter2",
        headers={"Authorization": "Bearer hunter2", "accept": "text/html"},
        tried=["nats://:hunter2@bus", "Bearer hunter2"],
        api_key="hunter2",
    )
    try:
        raise ConnectionError("redis://user:hunter2@cache refused")
    except ConnectionError:
        structlog.get_logger("test").exception("away")
    assert "hunter2" not in json.dumps(logged())
    assert logged()[0]["headers"]["accept"] == "text/html"
    assert "ConnectionError" in logged()[1]["exception"]


def test_libraries_that_warn_speak_alike(logged: Lines) -> None:
    logging.getLogger("some.library").warning("cannot reach %s", "nats://:hunter2@bus")
    logging.getLogger("some.library").info("not worth a line")
    [line] = logged()
    assert (line["event"], line["service"]) == ("cannot reach nats://:***@bus", "policy")


def test_log_is_as_it_was_when_the_process_is_done() -> None:
    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    with logging_as("json", "policy", "", stream=io.StringIO()):
        assert logging.getLogger().handlers != handlers
    assert (structlog.get_config(), logging.getLogger().handlers) == (before, handlers)
