"""A live house's pacer and stream as those see them who watch: where they stand is for the test to say."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.listener import LISTENING
from adapters.market.pacer import PacerStatus
from adapters.market.schedule import Due

OPENING = datetime(2012, 6, 5, 13, 30, 30, tzinfo=UTC)
DUE = Due(OPENING, "open", OPENING.date())


@dataclass
class Pacing:
    status: PacerStatus = field(
        default_factory=lambda: PacerStatus("waiting", OPENING - timedelta(days=1), DUE, OPENING)
    )


@dataclass
class Listening:
    state: str = LISTENING
