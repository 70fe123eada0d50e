"""What the paper broker knows of the exchange it trades on, and what a step of the market tells it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from policy.contracts import Action, Quote


class MarketStep(Protocol):
    """One step of a played market: its time, its session's day, its name in the session, new quotes."""

    @property
    def at(self) -> datetime:
        """When the step is, aware UTC."""
        ...

    @property
    def session(self) -> date:
        """The day of the session last opened."""
        ...

    @property
    def moment(self) -> str:
        """The step's name in its session; ``close`` ends it."""
        ...

    @property
    def quotes(self) -> Sequence[Quote]:
        """What is quoted anew; a symbol that is missing does not trade at this step."""
        ...


@dataclass(frozen=True, slots=True)
class Venue:
    """The exchange, as four answers.

    ``symbols`` may be traded. ``session_at`` gives the day of the session that is open at a time, None
    outside sessions. ``price`` gives the last ask for a BUY and the last bid for a SELL in dollars a
    share, None where there is none. ``volume`` gives the shares that can be traded in a symbol at a
    step, told by the session's day and the step's moment.
    """

    symbols: frozenset[str]
    session_at: Callable[[datetime], date | None]
    price: Callable[[str, Action], Decimal | None]
    volume: Callable[[str, date, str], Decimal]
