"""The way in for quotes and bars, put together: what is inspected by what, and where it is kept."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Engine

from adapters.market.calendar import TradingCalendar
from adapters.market.door import PLAYER, Door, Refused
from adapters.market.feed import FeedWatch
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.quarantine import Quarantine
from adapters.market.intake import Intake
from adapters.ports import LatestQuotes
from adapters.settings import Settings
from adapters.wiring.parts import Recording
from policy.contracts import Quote
from policy.ports import Clock


def intake_of(source: str, inspection: Inspection, store: Engine, clock: Clock) -> Intake:
    """What ``source`` delivers comes in here; what is unfit is put aside in ``store``."""
    return Intake(source, inspection, Quarantine(store), Acceptances(store, clock))


def played_door(
    settings: Settings,
    store: Engine,
    clock: Clock,
    recording: Recording,
    quotes: Iterable[Quote],
    last: Refused | None = None,
) -> Door:
    """The door for played steps, which goes on with ``quotes`` and what came of the ``last`` step."""
    tape = recording.tape
    jumps = recording.archive.known_jumps
    inspection = Inspection(tape.symbols, recording.calendar, jump=settings.quote_jump, accepted=jumps)
    inspection.recall(quotes)
    return Door(intake_of(PLAYER, inspection, store, clock), tape, last)


def feed_of(
    intake: Intake, symbols: Sequence[str], board: LatestQuotes, calendar: TradingCalendar, clock: Clock
) -> FeedWatch:
    """What comes in through ``intake``, for those who ask how the feed stands."""
    return FeedWatch(symbols, board, calendar, clock, intake.tally, intake.quarantine, intake.acceptances)
