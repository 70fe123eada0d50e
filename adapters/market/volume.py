"""How much can be traded at each step of a session: a day's volume, shared out by a stated model.

A daily bar does not say when its volume was traded. Trading is known to be heaviest at both ends of the
day (Jain and Joh, 1988, "The dependence between hourly prices and trading volume"); the fractions here
have that shape in round numbers, the two auctions counted with the first and the last step.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from adapters.market.sample import Bars

TradableShare = Callable[[str, date], Decimal]

_FRACTIONS: Mapping[str, Decimal] = {
    "open": Decimal("0.12"),
    "morning": Decimal("0.26"),
    "midday": Decimal("0.16"),
    "afternoon": Decimal("0.16"),
    "late": Decimal("0.20"),
    "close": Decimal("0.10"),
    "start": Decimal(0),  # quotes as of some time, at which nothing trades
}


def step_volume(day_volume: int, moment: str) -> Decimal:
    """Whole shares of a day's ``day_volume`` that trade at the step ``moment``, rounded down.

    Raises KeyError for a moment that sessions do not have.
    """
    return (day_volume * _FRACTIONS[moment]).to_integral_value(ROUND_FLOOR)


class StepVolumes:
    """The volume of every step there are bars for; for the exchange alone, since it knows the day's end.

    ``tradable_share`` says which fraction of a symbol's volume can be traded on a day: 1 as recorded, less
    in a thin stretch.
    """

    def __init__(self, bars: Bars, tradable_share: TradableShare) -> None:
        self._days = {
            (symbol, bar.opened_at.date()): bar.volume for symbol, series in bars.items() for bar in series
        }
        self._tradable_share = tradable_share

    def __call__(self, symbol: str, session: date, moment: str) -> Decimal:
        """Whole shares of ``symbol`` at a step, rounded down; none on a day without a bar."""
        whole = step_volume(self._days.get((symbol, session), 0), moment)
        return (whole * self._tradable_share(symbol, session)).to_integral_value(ROUND_FLOOR)
