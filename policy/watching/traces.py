"""One trace for each signal, which every process finds by itself: nothing has to carry it along.

The ids follow from the signal's: ``sha256(signal_id)`` gives the trace's id (16 bytes) and the id of its
root span (8 bytes). The root is the evaluation, of which a signal has exactly one; whatever else is done
for the signal, in whichever process and however late, hangs below it. Where no exporter is set up
(``adapters/observability/traces.py``) all of this is one comparison.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, TraceFlags

from policy.contracts import Decision, Event

Attribute = str | int | float | bool

_TRACER = trace.get_tracer("trivet")
_OFF = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
_KNOWN = 4096

ROOT: ContextVar[SpanContext | None] = ContextVar("trivet_root_span", default=None)
"""The ids that the next span without a parent gets; the exporter's source of ids looks here."""


def tracing() -> bool:
    """Whether somebody collects spans."""
    return not isinstance(trace.get_tracer_provider(), _OFF)


@lru_cache(maxsize=_KNOWN)
def root_of(signal_id: UUID) -> SpanContext:
    """The root span of the trace of ``signal_id``, whether it was made yet or not."""
    digest = sha256(signal_id.bytes).digest()
    trace_id, span_id = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


@contextmanager
def committing(made: Sequence[Decision]) -> Iterator[None]:
    """A span for the transaction of the block, and then the root span of every signal in ``made``.

    ``made`` is filled in the block. Where the block fails nothing was decided, and no root is made.
    """
    if not tracing():
        yield
        return
    with _TRACER.start_as_current_span("policy.commit", context=Context()) as commit:
        yield
    for decision in made:
        _root(decision, commit)


@contextmanager
def doing(name: str, signal_id: UUID | None, **told: Attribute) -> Iterator[None]:
    """A span for the block, in the trace of ``signal_id``; nothing for work that belongs to no signal."""
    if signal_id is None or not tracing():
        yield
        return
    with _TRACER.start_as_current_span(name, context=_below(signal_id), attributes=told):
        yield


def happened(name: str, signal_id: UUID | None, **told: Attribute) -> None:
    """A span without a length, in the trace of ``signal_id``."""
    if signal_id is not None and tracing():
        _TRACER.start_span(name, context=_below(signal_id), attributes=told).end()


def delivered(events: Sequence[Event]) -> None:
    """Note of each event that it was handed over, in the trace of the signal that it tells of."""
    if not tracing():
        return
    for event in events:
        happened(f"event {event.type.value}", signal_of(event), event_id=str(event.id))


def signal_of(event: Event) -> UUID | None:
    """The signal that ``event`` tells of; None where it tells of something else."""
    named = event.data.get("signal_id")
    return None if named is None else UUID(str(named))


def asked_for(signal_id: UUID) -> None:
    """The present request, whose trace is its caller's, points to the trace of ``signal_id``."""
    if tracing():
        trace.get_current_span().add_link(root_of(signal_id), {"signal_id": str(signal_id)})


def _root(decision: Decision, commit: Span) -> None:
    """The evaluation took as long as the transaction that it shared with others."""
    token = ROOT.set(root_of(decision.signal_id))
    try:
        span = _TRACER.start_span(
            "policy.evaluate",
            context=Context(),
            links=[Link(commit.get_span_context())],
            start_time=getattr(commit, "start_time", None),
            attributes=_told(decision),
        )
    finally:
        ROOT.reset(token)
    span.end()


def _told(decision: Decision) -> dict[str, Attribute]:
    return {
        "signal_id": str(decision.signal_id),
        "decision_id": str(decision.decision_id),
        "symbol": decision.symbol,
        "source": decision.source,
        "verdict": decision.decision,
        "rules": ", ".join(reason.rule for reason in decision.reasons),
    }


def _below(signal_id: UUID) -> Context | None:
    """The present context where it is of that trace already, else one that hangs below the root."""
    root = root_of(signal_id)
    if trace.get_current_span().get_span_context().trace_id == root.trace_id:
        return None
    return trace.set_span_in_context(NonRecordingSpan(root), Context())
