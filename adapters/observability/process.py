"""What a process shows of itself while it runs: its log, and its spans where they are collected."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.observability.logs import logging_as
from adapters.settings import Settings
from policy.record import engine_version


@contextmanager
def observed(settings: Settings, service: str) -> Iterator[None]:
    """Logs from INFO on as ``settings`` say, and traces if they name a collector, as ``service``."""
    with logging_as(settings.log, service, settings.worker, logging.INFO), _traced(settings, service):
        yield


@contextmanager
def _traced(settings: Settings, service: str) -> Iterator[None]:
    if settings.otlp_url is None:
        yield
        return
    from adapters.observability.traces import exporting  # noqa: PLC0415 - half a second nobody else needs

    with exporting(settings.otlp_url.get_secret_value(), service, settings.worker, engine_version()):
        yield
