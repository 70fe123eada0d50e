"""Questions between services, and the span that goes along with them and with events."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span, use_span

from adapters.events.jetstream.connection import NatsAway, NatsLine
from adapters.events.jetstream.publisher import Publisher
from adapters.events.jetstream.questions import NoAnswer
from tests.adapters.events.telling import SIGNAL, happened, soon
from tests.servers import free_port

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736


@contextmanager
def inside_a_span() -> Iterator[None]:
    """As if a request were traced."""
    told = SpanContext(TRACE, 0x00F067AA0BA902B7, is_remote=False, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(told)):
        yield


def carried() -> int:
    """The trace that is gone on with here; 0 for none."""
    return get_current_span().get_span_context().trace_id


def test_a_trace_is_carried_to_the_handler(line, consume) -> None:
    heard = list[int]()
    consume(line, "policy", [SIGNAL], lambda _: heard.append(carried()))
    with inside_a_span():
        Publisher(line).publish([happened(1)])
    assert soon(lambda: heard == [TRACE])
    Publisher(line).publish([happened(2)])
    assert soon(lambda: heard == [TRACE, 0]), "a trace ends with its event"


def test_a_question_is_answered_with_its_trace(line) -> None:
    line.respond("portfolio.equity", lambda asked: {"of": asked["symbol"], "trace": hex(carried())})
    with inside_a_span():
        answer = line.request("portfolio.equity", {"symbol": "AAPL"})
    assert answer == {"of": "AAPL", "trace": hex(TRACE)}


def test_no_answer_is_never_a_guess(line) -> None:
    def fail(asked):
        raise KeyError("no book")

    line.respond("broken", fail)
    line.respond("slow", lambda _: time.sleep(0.5) or {})
    with pytest.raises(NoAnswer, match="nobody listens on nowhere"):
        line.request("nowhere", {})
    with pytest.raises(NoAnswer, match="KeyError: 'no book'"):
        line.request("broken", {})
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.1 s"):
        line.request("slow", {}, timeout=0.1)


def test_a_slow_answer_does_not_hold_up_the_next(line) -> None:
    released = threading.Event()
    line.respond("ask", lambda asked: {"waited": released.wait(5)} if asked["wait"] else {"waited": False})
    slow = threading.Thread(target=lambda: line.request("ask", {"wait": True}, timeout=5))
    slow.start()
    assert line.request("ask", {"wait": False}) == {"waited": False}
    released.set()
    slow.join()


def test_a_server_that_is_not_there_is_named_without_its_secrets() -> None:
    port = free_port()
    line = NatsLine(f"nats://trivet:hunter2@127.0.0.1:{port}", "test", connect_seconds=0.5)
    with pytest.raises(NatsAway, match=f"127.0.0.1:{port} did not answer within 0.5 s; start it") as refused:
        line.start()
    assert "hunter2" not in str(refused.value)
