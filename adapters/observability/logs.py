"""How a process speaks in its log: lines of JSON for machines, plain ones at a terminal, never a secret."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TextIO
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.trace import format_span_id, format_trace_id
from structlog.typing import Processor

from policy.watching.traces import root_of

Line = MutableMapping[str, Any]
Form = Literal["json", "text"]

MASK = "***"
_SECRET = re.compile(r"password|passwd|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)([^\s/:@]*):([^\s/@]+)@")
_BEARER = re.compile(r"(?i)\b(bearer\s+)\S+")


@contextmanager
def logging_as(
    form: Form | None, service: str, worker: str, least: int = logging.WARNING, stream: TextIO | None = None
) -> Iterator[None]:
    """Log from level ``least`` on to ``stream``, standard error by default, until the end of the block.

    ``form`` None means text at a terminal and JSON elsewhere. Each line names service, worker, and the
    trace it belongs to; a line about a signal has that signal's trace. Libraries that warn speak alike.
    """
    out, root = stream or sys.stderr, logging.getLogger()
    before, handlers = structlog.get_config(), list(root.handlers)
    first = _told_by(service, worker)
    last = (without_secrets, _renderer(form or ("text" if out.isatty() else "json"), out))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: structlog.PrintLogger(out),
    )
    root.handlers[:] = [_for_libraries(out, first, last)]
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers


def with_trace(_logger: Any, _method: str, line: Line) -> Line:
    """Add ``trace_id`` and ``span_id``: of the signal that the line names, else of the present span."""
    now = trace.get_current_span().get_span_context()
    about = _signal_of(line)
    root = root_of(about) if about is not None else now
    if root.is_valid:
        line["trace_id"] = format_trace_id(root.trace_id)
        line["span_id"] = format_span_id(now.span_id if now.trace_id == root.trace_id else root.span_id)
    return line


def without_secrets(_logger: Any, _method: str, line: Line) -> Line:
    """Mask what a secret's name stands for, and passwords inside addresses, however deep."""
    return {name: MASK if _SECRET.search(name) else _masked(value) for name, value in line.items()}


def _told_by(service: str, worker: str) -> list[Processor]:
    told = {"service": service} | ({"worker": worker} if worker else {})

    def named(_logger: Any, _method: str, line: Line) -> Line:
        return {**line, **told}

    when = structlog.processors.TimeStamper(fmt="iso", utc=True)
    return [structlog.processors.add_log_level, when, named, with_trace, structlog.processors.format_exc_info]


def _for_libraries(out: TextIO, first: Sequence[Processor], last: Sequence[Processor]) -> logging.Handler:
    handler = logging.StreamHandler(out)
    handler.setLevel(logging.WARNING)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=first, processors=[strip, *last])
    )
    return handler


def _renderer(form: Form, out: TextIO) -> Processor:
    if form == "text":
        plain = structlog.dev.plain_traceback
        return structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)
    return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)


def _signal_of(line: Mapping[str, Any]) -> UUID | None:
    named = line.get("signal_id", line.get("signal"))
    try:
        return None if named is None else UUID(str(named))
    except ValueError:
        return None


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _BEARER.sub(rf"\1{MASK}", _IN_URL.sub(rf"\1:{MASK}@", value))
    if isinstance(value, Mapping):
        return {key: MASK if _SECRET.search(str(key)) else _masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return value
