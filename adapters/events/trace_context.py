"""The trace that a piece of work belongs to, carried beside events and questions from process to process.

The value is a W3C ``traceparent``. This module only hands it on; whoever makes spans reads and sets it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"

_carried: ContextVar[str | None] = ContextVar("trivet_traceparent", default=None)


def carried() -> str | None:
    """The ``traceparent`` of what is being done now; None outside every trace."""
    return _carried.get()


@contextmanager
def carrying(traceparent: str | None) -> Iterator[None]:
    """Whatever is published or asked inside the block belongs to ``traceparent``."""
    token = _carried.set(traceparent)
    try:
        yield
    finally:
        _carried.reset(token)


def trace_headers() -> dict[str, str]:
    """Headers that carry the present trace along; empty outside every trace."""
    now = _carried.get()
    return {} if now is None else {HEADER: now}


def traceparent_of(headers: Mapping[str, str] | None) -> str | None:
    """What the sender of ``headers`` carried."""
    return (headers or {}).get(HEADER)
