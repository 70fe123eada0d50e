"""The span that a piece of work belongs to, carried beside events and questions from process to process.

As a W3C ``traceparent`` header. The house itself finds a signal's trace without it, as
``policy/watching/traces.py`` tells; this is for whoever listens from outside, and hangs the answer to a
question below whoever asked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import attach, detach
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import NonRecordingSpan, set_span_in_context

from policy.contracts import Event
from policy.watching.traces import root_of, signal_of, tracing

HEADER = "traceparent"


def trace_headers() -> dict[str, str]:
    """Headers that carry the present span along; empty outside every span."""
    headers: dict[str, str] = {}
    inject(headers)
    return headers


def trace_headers_of(event: Event) -> dict[str, str]:
    """Headers that carry the trace of the signal that ``event`` tells of; else the present span's."""
    signal_id = signal_of(event) if tracing() else None
    if signal_id is None:
        return trace_headers()
    headers: dict[str, str] = {}
    inject(headers, set_span_in_context(NonRecordingSpan(root_of(signal_id))))
    return headers


@contextmanager
def continuing(headers: Mapping[str, str] | None) -> Iterator[None]:
    """What is done inside the block hangs below the span that ``headers`` carry; none is none."""
    token = attach(extract(headers or {}))
    try:
        yield
    finally:
        detach(token)
