"""What the feature service tells those who ask: features as of a time, with the last quote and the book."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.features.source import FeatureSource
from adapters.features.track import by_name, rounded
from adapters.ports import LatestQuotes
from policy.contracts import FeatureSnapshot, Quote
from policy.ports import Clock

BookCorrelation = Callable[[str, datetime], float | None]
"""A symbol's correlation with the book that is held now, see ``adapters.correlation``."""
SymbolForm = Callable[[str], str]
"""A symbol as the house writes it; raises ValueError for a text that is none."""


class NotYet(ValueError):
    """A time that the house's clock has not reached."""


@dataclass(frozen=True, slots=True)
class FeatureService:
    """Reads features by the clock of the house; what that clock has not reached does not exist.

    The last quote and the book are known as of now alone, so of an earlier time neither is told, unless the
    last quote is older still.
    """

    features: FeatureSource
    clock: Clock
    quotes: LatestQuotes
    correlation: BookCorrelation
    form: SymbolForm

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        return self.features.symbols

    def snapshot(self, symbol: str, at: datetime | None = None) -> FeatureSnapshot | None:
        """Features of ``symbol``, in whatever form, as of ``at`` or of now; None for one without bars.

        Raises ``NotYet`` for a time that is later than now.
        """
        try:
            name = self.form(symbol)
        except ValueError:
            return None
        return self._snapshot(name, at)

    def _snapshot(self, symbol: str, at: datetime | None) -> FeatureSnapshot | None:
        now = self.clock.now()
        if at is not None and at > now and symbol in self.symbols:
            raise NotYet(f"it is {now:%Y-%m-%d %H:%M:%S} UTC here; ask for a time that has passed")
        found = self.features.snapshot(symbol, at or now)
        if found is None:
            return None
        further = {
            "spread": self._spread(symbol, found.at),
            "correlation_60d": self.correlation(symbol, now) if at is None else None,
        }
        known = {name: value for name, value in further.items() if value is not None}
        return found.model_copy(update={"values": by_name({**found.values, **known})})

    def _spread(self, symbol: str, at: datetime) -> float | None:
        quote = self.quotes.latest(symbol)
        return spread(quote) if quote is not None and quote.at <= at else None


def spread(quote: Quote) -> float | None:
    """``(ask - bid) / mid``, a fraction to ten digits; None where the mid is not above zero."""
    mid = (quote.bid + quote.ask) / 2
    return rounded(float((quote.ask - quote.bid) / mid)) if mid > 0 else None
