"""How far consumers are behind and how many letters are dead, asked of NATS at each scrape."""

from collections.abc import Iterator, Mapping, Sequence

import structlog
from nats.js.errors import NotFoundError
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.names import DEAD, FACTS
from policy.watching.gauges import gauge, gauges

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 2.0


class StreamGauges(Collector):
    """Gauges of ``durables``, which hear the facts; with NATS away only ``trivet_nats_up`` is left, at 0."""

    def __init__(self, line: NatsLine, durables: Sequence[str]) -> None:
        self._line = line
        self._durables = durables

    def collect(self) -> Iterator[Metric]:
        """What waits for each consumer, what it has in hand, and the dead letters of the whole house."""
        try:
            behind, in_hand, dead = self._line.call(self._look(), PATIENCE_SECONDS)
        except Exception as error:  # whatever it is, the other metrics must still be served
            log.warning("NATS cannot be asked for its figures", error=repr(error))
            yield gauge("trivet_nats_up", "1 while NATS answers in time", 0)
            return
        yield gauge("trivet_nats_up", "1 while NATS answers in time", 1)
        yield gauges("trivet_consumer_pending", "events not handed over yet", "consumer", behind)
        yield gauges("trivet_consumer_in_hand", "events handed over, not acknowledged", "consumer", in_hand)
        yield gauge("trivet_dead_letters", "events that no handler could take", dead)

    async def _look(self) -> tuple[Mapping[str, float], Mapping[str, float], float]:
        js = self._line.jetstream
        behind, in_hand = {}, {}
        for durable in self._durables:
            try:
                found = await js.consumer_info(FACTS, durable)
            except NotFoundError:  # it has not begun, so everything waits for it
                behind[durable] = float((await js.stream_info(FACTS)).state.messages)
                continue
            behind[durable] = float(found.num_pending or 0)
            in_hand[durable] = float(found.num_ack_pending or 0)
        return behind, in_hand, float((await js.stream_info(DEAD)).state.messages)
