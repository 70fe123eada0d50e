"""The latest quotes of a market that goes on by itself, and what they were at the house's last step."""

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from policy.contracts import Quote

_NEVER = datetime.min.replace(tzinfo=UTC)


class LiveBoard:
    """Holds per symbol the newest quote and the newest by the next step's time; safe to use from threads.

    A step is of a moment, and quotes go on while it happens: it is told what was quoted by its own time, and
    who measures the market as of then is told the same, whatever has been quoted since.
    """

    def __init__(self, quotes: Iterable[Quote] = ()) -> None:
        self._newest: dict[str, Quote] = {quote.symbol: quote for quote in quotes}
        self._by_step = dict(self._newest)
        self._step_at = _NEVER
        self._told: Mapping[str, Quote] = {}
        self._alone = threading.Lock()

    def put(self, quotes: Iterable[Quote]) -> None:
        """Take in quotes in the order of arrival; one older than the last of its symbol is no news."""
        with self._alone:
            for quote in quotes:
                last = self._newest.get(quote.symbol)
                if last is None or quote.at >= last.at:
                    self._newest[quote.symbol] = quote
                    if quote.at <= self._step_at:
                        self._by_step[quote.symbol] = quote

    def latest(self, symbol: str) -> Quote | None:
        """The newest quote of ``symbol``; None when it was never quoted."""
        return self._newest.get(symbol)

    def as_of(self, symbol: str, at: datetime) -> Quote | None:
        """The newest quote of ``symbol`` that is known from ``at`` or before; None where there is none."""
        with self._alone:
            known = (self._newest.get(symbol), self._by_step.get(symbol), self._told.get(symbol))
        return next((quote for quote in known if quote is not None and quote.at <= at), None)

    def all(self) -> tuple[Quote, ...]:
        """The newest quote of every symbol, in alphabetical order."""
        with self._alone:
            return tuple(self._newest[symbol] for symbol in sorted(self._newest))

    def expect(self, at: datetime) -> None:
        """The next step will be of ``at``: what is quoted by then is for it, what comes later is not."""
        with self._alone:
            self._step_at = at
            due = {symbol: quote for symbol, quote in self._newest.items() if quote.at <= at}
            self._by_step = {**self._by_step, **due}

    def news(self) -> tuple[Quote, ...]:
        """What was quoted by the time that is expected and was not ``told`` before, by symbol."""
        with self._alone:
            quotes = sorted(self._by_step.items())
            return tuple(quote for symbol, quote in quotes if quote != self._told.get(symbol))

    def told(self) -> None:
        """The step of the time that is expected has been taken: its quotes are no news any more."""
        with self._alone:
            self._told = dict(self._by_step)

    def to_state(self) -> list[dict[str, Any]]:
        """Plain JSON values from which ``from_state`` makes a board with the same newest quotes."""
        return [quote.model_dump(mode="json") for quote in self.all()]

    @classmethod
    def from_state(cls, state: Iterable[Mapping[str, Any]]) -> "LiveBoard":
        """The board that ``to_state`` described; raises pydantic's ValidationError on anything else."""
        return cls(Quote.model_validate(entry, strict=False) for entry in state)
