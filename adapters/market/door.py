"""The door through which played steps come in: what is recorded is inspected as everything else is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.market.intake import Intake
from adapters.market.source import RawBar, RawQuote
from adapters.market.steps import Step
from adapters.market.tape import Tape
from policy.contracts import Bar, Quote, utc_text

PLAYER = "player"


@dataclass(frozen=True, slots=True)
class Refused:
    """Of the step at ``at``, the symbols whose quotes and whose bars were not let in."""

    at: datetime
    quotes: frozenset[str] = frozenset()
    bars: frozenset[str] = frozenset()

    def taken_from(self, step: Step) -> Step:
        """``step`` without them; itself where there are none."""
        if not self.quotes and not self.bars:
            return step
        quotes = tuple(quote for quote in step.quotes if quote.symbol not in self.quotes)
        bars = tuple(bar for bar in step.closed_bars if bar.symbol not in self.bars)
        return replace(step, quotes=quotes, closed_bars=bars)

    def to_state(self) -> dict[str, Any]:
        """Plain JSON values from which ``from_state`` makes the same."""
        return {"at": utc_text(self.at), "quotes": sorted(self.quotes), "bars": sorted(self.bars)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Refused":
        """What ``to_state`` described."""
        at = datetime.fromisoformat(state["at"])
        return cls(at, frozenset(state["quotes"]), frozenset(state["bars"]))


class Door:
    """Lets in of each step what is sound; the same step again, as after a failure, comes to the same."""

    def __init__(self, intake: Intake, tape: Tape, last: Refused | None = None) -> None:
        """``last`` is what came of the last step, where that was before; the first new one is held against
        the bars of ``tape`` that had closed before it."""
        self.intake = intake
        self._tape = tape
        self._last = last
        self._has_bars = False

    def let_in(self, step: Step) -> Refused:
        """What of ``step`` is not let in; what the store could not keep of that, it is handed again."""
        if self._last is None or self._last.at != step.at:
            self._last = self._inspected(step)
        self.intake.settle()
        return self._last

    def through(self, step: Step) -> Step:
        """``step`` as it was let in."""
        return self.let_in(step).taken_from(step)

    def _inspected(self, step: Step) -> Refused:
        if not self._has_bars:
            self.intake.recall(bars=self._tape.last_bars_before(step.at))
            self._has_bars = True
        quotes = self.intake.quotes([raw_quote(quote, step.at) for quote in step.quotes])
        bars = self.intake.bars([raw_bar(bar, step.at) for bar in step.closed_bars])
        return Refused(step.at, _missing(step.quotes, quotes), _missing(step.closed_bars, bars))


def _missing(came: tuple[Quote, ...] | tuple[Bar, ...], let_in: list[Quote] | list[Bar]) -> frozenset[str]:
    """The symbols of ``came`` that nothing of was let in; a step has one quote of each, and one bar."""
    if len(came) == len(let_in):
        return frozenset()
    return frozenset(one.symbol for one in came) - {one.symbol for one in let_in}


def raw_quote(quote: Quote, at: datetime) -> RawQuote:
    """``quote`` as the player hands it in at ``at``."""
    return RawQuote(quote.symbol, quote.bid, quote.ask, quote.at, PLAYER, at)


def raw_bar(bar: Bar, at: datetime) -> RawBar:
    """``bar`` as the player hands it in at ``at``."""
    prices = (bar.open, bar.high, bar.low, bar.close)
    return RawBar(bar.symbol, bar.opened_at.date(), *prices, bar.volume, PLAYER, at)
