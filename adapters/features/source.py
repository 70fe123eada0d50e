"""What the house asks of features, wherever they come from."""

from datetime import datetime
from typing import Protocol

from adapters.correlation import CORRELATION_DAYS, ReturnWindow
from policy.contracts import FeatureSnapshot


class FeatureSource(Protocol):
    """Features of every symbol at any time; none sees a bar that closed later than it is asked about."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        ...

    def snapshot(self, symbol: str, at: datetime) -> FeatureSnapshot | None:
        """Features of ``symbol`` from bars closed by ``at``; None for a symbol without bars.

        A feature that needs more bars than there are is absent from ``values`` and among ``cold``.
        """
        ...

    def liquidity(self, symbol: str, at: datetime) -> float | None:
        """The liquidity score of ``symbol`` as of ``at``, 0 to 1; None while it is not warm."""
        ...

    def return_window(self, symbol: str, at: datetime, days: int = CORRELATION_DAYS) -> ReturnWindow | None:
        """The last ``days`` daily returns known at ``at``, sessions in a row; None when there are fewer."""
        ...
