"""What can speak against a trade in the features of its symbol: one function for each concern.

Each takes a ``View`` and gives a concern with the numbers it rests on, or None. All numbers come from bars
that had closed when the signal was made; nothing here knows of quotes, sizes, the book or the rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

from policy.contracts import Action

TRADING_DAYS = 252

# J. Welles Wilder's own levels ("New Concepts in Technical Trading Systems", 1978).
OVERBOUGHT, OVERSOLD = 70.0, 30.0
# Bollinger's bands lie at two deviations and breakouts live there; beyond two and a half they are late.
STRETCHED_DEVIATIONS = 2.5
# Large companies move 15 to 35 % a year; at half their price a year the market has not made up its mind.
WILD_VOLATILITY = 0.5
# Three quarters of an average day's range: a stop nearer than that is hit by a day on which nothing happens.
ORDINARY_RANGE = 0.75
# Half days and the days round holidays trade this little; the price of such a session says less.
THIN_VOLUME = 0.6
# A month's move against the trade that a random walk makes in one month of forty.
MONTH_DEVIATIONS = 2.0
# A day against the trade beyond two deviations: the market has just been told something.
SHOCK_DEVIATIONS = 2.0
# A day with the trade beyond two and a half: most of the move has been made.
CHASE_DEVIATIONS = 2.5


@dataclass(frozen=True, slots=True)
class View:
    """A trade as its features show it: ``values`` by name, ``stop`` a fraction of the price or None."""

    action: Action
    values: Mapping[str, float]
    stop: float | None

    @property
    def side(self) -> int:
        """1 for a BUY, -1 for a SELL: what turns a move of the price into one with the trade."""
        return 1 if self.action == "BUY" else -1

    @property
    def daily(self) -> float:
        """One ordinary day's move as a fraction: the annual volatility over the root of 252."""
        return self.values["volatility_20d"] / sqrt(TRADING_DAYS)

    def deviations(self, move: float, days: int = 1) -> float:
        """``move``, a fraction, with the trade, in deviations of ``days`` days; 0 where nothing moves."""
        ordinary = self.daily * sqrt(days)
        return self.side * move / ordinary if ordinary else 0.0


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing against the trade: ``flag`` in kebab case, and a clause with its numbers."""

    flag: str
    words: str


def against_trend(view: View) -> Concern | None:
    """Both the month's average and the close lie on the wrong side of SMA 50: the trade bets on a turn."""
    values = view.values
    month, close, quarter = values["sma_20"], values["close"], values["sma_50"]
    if view.side * (month - quarter) >= 0 or view.side * (close - quarter) >= 0:
        return None
    where = "below" if view.action == "BUY" else "above"
    return Concern(
        "against-trend", f"close {close:.2f} and SMA 20 {month:.2f} are {where} SMA 50 {quarter:.2f}"
    )


def month_against(view: View) -> Concern | None:
    """The last 20 days went against the trade by more than two deviations of so many days."""
    move = view.values["return_20d"]
    if view.deviations(move, 20) >= -MONTH_DEVIATIONS:
        return None
    return Concern("month-against", f"the last 20 days moved {_percent(move)} against it")


def shock_against(view: View) -> Concern | None:
    """The last day went against the trade by more than two of its deviations."""
    move = view.values["return_1d"]
    if view.deviations(move) >= -SHOCK_DEVIATIONS:
        return None
    return Concern("shock-against", f"the last day moved {_percent(move)} against it")


def chasing(view: View) -> Concern | None:
    """The last day went with the trade by more than two and a half of its deviations."""
    move = view.values["return_1d"]
    if view.deviations(move) < CHASE_DEVIATIONS:
        return None
    return Concern("chasing", f"the last day moved {_percent(move)} already")


def stretched(view: View) -> Concern | None:
    """The close is further from SMA 20, in the trade's direction, than two and a half deviations."""
    values, deviation = view.values, view.values["deviation_20"]
    distance = view.side * (values["close"] - values["sma_20"]) / deviation if deviation else 0.0
    if distance <= STRETCHED_DEVIATIONS:
        return None
    return Concern("stretched", f"the close is {distance:.1f} deviations beyond SMA 20")


def exhausted(view: View) -> Concern | None:
    """RSI 14 is overbought for a BUY or oversold for a SELL."""
    strength = view.values.get("rsi_14")
    if strength is None:
        return None
    if view.action == "BUY" and strength > OVERBOUGHT:
        return Concern("overbought", f"RSI 14 is {strength:.1f}, above {OVERBOUGHT:.0f}")
    if view.action == "SELL" and strength < OVERSOLD:
        return Concern("oversold", f"RSI 14 is {strength:.1f}, below {OVERSOLD:.0f}")
    return None


def wild(view: View) -> Concern | None:
    """A year like the last 20 days would move the price by more than half of it."""
    volatility = view.values["volatility_20d"]
    if volatility <= WILD_VOLATILITY:
        return None
    return Concern("wild", f"volatility is {_percent(volatility, signed=False)} a year")


def stop_in_reach(view: View) -> Concern | None:
    """The stop is nearer than three quarters of an average day's range (ATR 14)."""
    span = view.values.get("atr_14")
    if span is None or view.stop is None:
        return None
    day = span / view.values["close"]
    if view.stop >= ORDINARY_RANGE * day:
        return None
    stop, usual = _percent(view.stop, signed=False), _percent(day, signed=False)
    return Concern("stop-in-reach", f"the stop is {stop} away and an average day spans {usual}")


def thin(view: View) -> Concern | None:
    """The last session traded little more than half its usual volume, or less."""
    volume = view.values["relative_volume"]
    if volume >= THIN_VOLUME:
        return None
    return Concern("thin-volume", f"the last session traded {volume:.2f} of its usual volume")


CONCERNS: tuple[Callable[[View], Concern | None], ...] = (
    against_trend,
    month_against,
    shock_against,
    chasing,
    stretched,
    exhausted,
    wild,
    stop_in_reach,
    thin,
)
NEEDED = (
    "close",
    "sma_20",
    "sma_50",
    "deviation_20",
    "return_1d",
    "return_20d",
    "volatility_20d",
    "relative_volume",
)
WELCOME = ("rsi_14", "atr_14")


def concerns(view: View) -> tuple[Concern, ...]:
    """Everything that speaks against the trade, in the order of ``CONCERNS``; needs all of ``NEEDED``."""
    return tuple(found for concern in CONCERNS if (found := concern(view)) is not None)


def _percent(share: float, *, signed: bool = True) -> str:
    return f"{share * 100:+.1f} %" if signed else f"{share * 100:.1f} %"
