"""The streams of the house: which subjects they hold, for how long, and what happens when they are full.

``FACTS`` holds what the outbox told, in the order it was told: one stream, so one order. It refuses what
it has no room for; the outbox then keeps it. ``MARKET`` holds quotes and bars, which are worth nothing
tomorrow: the oldest make room. ``DEAD`` holds what no handler could take, until a person looks.
"""

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.names import (
    DEAD,
    FACT_KINDS,
    FACTS,
    MARKET,
    MARKET_KINDS,
    dead_subject,
    retry_subject,
)

_MINUTE = 60.0
_DAY = 24 * 60 * _MINUTE
_SECONDS = 10.0
_MARKET_BYTES = 64 * 1024 * 1024
_NAME_TAKEN = 10058
"""JetStream's code for a stream that is there already with other settings."""


def stream_configs() -> tuple[StreamConfig, ...]:
    """Every stream with all of its settings; nothing is left to what a server takes as given."""
    facts = [kind.value for kind in FACT_KINDS]
    return (
        _config(
            FACTS,
            [*facts, retry_subject(FACTS, "*")],
            max_age=7 * _DAY,
            duplicate_window=10 * _MINUTE,
        ),
        _config(
            MARKET,
            [*(kind.value for kind in MARKET_KINDS), retry_subject(MARKET, "*")],
            max_age=_DAY,
            max_bytes=_MARKET_BYTES,
            discard=DiscardPolicy.OLD,
        ),
        _config(DEAD, [dead_subject("*")], max_age=0.0),
    )


def ensure_streams(line: NatsLine) -> None:
    """Create the streams or bring their settings up to date; what they hold stays."""
    line.call(_ensure(line.jetstream), _SECONDS)


def remove_streams(line: NatsLine) -> None:
    """Forget every event and every consumer: for a house that begins anew on a fresh store."""
    line.call(_remove(line.jetstream), _SECONDS)


def _config(
    name: str,
    subjects: list[str],
    max_age: float,
    max_bytes: int = -1,
    discard: DiscardPolicy = DiscardPolicy.NEW,
    duplicate_window: float = 2 * _MINUTE,
) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=discard,
        max_age=max_age,
        max_bytes=max_bytes,
        max_msgs=-1,
        max_consumers=-1,
        num_replicas=1,
        duplicate_window=duplicate_window,
    )


async def _ensure(js: JetStreamContext) -> None:
    for config in stream_configs():
        try:
            await js.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _NAME_TAKEN:
                raise
            await js.update_stream(config)


async def _remove(js: JetStreamContext) -> None:
    for config in stream_configs():
        assert config.name is not None
        try:
            await js.delete_stream(config.name)
        except NotFoundError:
            continue
