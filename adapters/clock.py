"""The real clock: the only place in the house that asks the machine for the time."""

from datetime import UTC, datetime


class SystemClock:
    """Implements ``policy.ports.Clock`` on the machine's time."""

    def now(self) -> datetime:
        """The current time, aware UTC."""
        return datetime.now(UTC)
