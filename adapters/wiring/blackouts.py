"""When this house pauses trading: the committee's days, and the events of the operator's file."""

from adapters.market.blackouts import Blackouts, SessionTable, read_blackout_days
from adapters.market.events_file import read_events
from adapters.settings import Settings


def read_blackouts(settings: Settings, sessions: SessionTable) -> Blackouts:
    """Every blackout; raises ``EventsUnfit`` where the file of ``TRIVET_EVENTS`` cannot be relied on."""
    added = read_events(settings.events, sessions) if settings.events is not None else ()
    return Blackouts(read_blackout_days(), added)
