"""The latest quote of every symbol: what the market last said."""

from collections.abc import Iterable, Mapping
from typing import Any

from policy.contracts import Quote


class QuoteBoard:
    """Holds one quote per symbol. Readers in other threads see whole deliveries, never half of one."""

    def __init__(self, quotes: Iterable[Quote] = ()) -> None:
        self._quotes: Mapping[str, Quote] = {quote.symbol: quote for quote in quotes}

    def put(self, quotes: Iterable[Quote]) -> None:
        """Replaces the quotes of the symbols that are quoted anew; the others stay and grow old."""
        self._quotes = {**self._quotes, **{quote.symbol: quote for quote in quotes}}

    def latest(self, symbol: str) -> Quote | None:
        """The last quote of ``symbol``; None when it was never quoted."""
        return self._quotes.get(symbol)

    def all(self) -> tuple[Quote, ...]:
        """The last quote of every symbol, by symbol in alphabetical order."""
        return tuple(self._quotes[symbol] for symbol in sorted(self._quotes))

    def to_state(self) -> list[dict[str, Any]]:
        """Plain JSON values from which ``from_state`` makes the same board."""
        return [quote.model_dump(mode="json") for quote in self.all()]

    @classmethod
    def from_state(cls, state: Iterable[Mapping[str, Any]]) -> "QuoteBoard":
        """The board that ``to_state`` described; raises pydantic's ValidationError on anything else."""
        return cls(Quote.model_validate(entry, strict=False) for entry in state)
