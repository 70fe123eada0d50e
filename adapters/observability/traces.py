"""Sends spans to an OTLP collector, where one is named; without one, nothing is made and nothing is sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from policy.watching.traces import ROOT

_PATH = "/v1/traces"
_SECONDS = 2


class SignalIds(RandomIdGenerator):
    """Ids by chance, but for the root span of a signal's trace, whose ids follow from the signal's."""

    def generate_trace_id(self) -> int:
        """The id of a new trace."""
        root = ROOT.get()
        return super().generate_trace_id() if root is None else root.trace_id

    def generate_span_id(self) -> int:
        """The id of a new span."""
        root = ROOT.get()
        return super().generate_span_id() if root is None else root.span_id


@contextmanager
def exporting(url: str, service: str, worker: str, version: str) -> Iterator[None]:
    """Spans of this process go to the collector at ``url`` until the end of the block, the last ones too.

    A collector that is away costs spans and nothing else. Once in a process: spans have one way out.
    """
    told = {"service.name": f"trivet-{service}", "service.instance.id": worker or service}
    provider = TracerProvider(
        resource=Resource.create(told | {"service.version": version}),
        id_generator=SignalIds(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(url.rstrip("/") + _PATH, timeout=_SECONDS))
    )
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
