"""What Alpaca says of markets, in the house's raw forms; its letters as its documentation names them.

Values stay as they came: whether they make sense is for inspection to say, which keeps what does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.market.source import RawBar, RawQuote, SourceAway

SOURCE = "alpaca"
MINUTE = timedelta(minutes=1)
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """A minute of trading that has ended: prices in dollars as traded, whole shares; ``at`` is its start."""

    symbol: str
    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int

    @property
    def until(self) -> datetime:
        """When the minute ended."""
        return self.at + MINUTE


@dataclass(frozen=True, slots=True)
class WireSplit:
    """A split: from ``day`` on there are ``new`` shares of ``symbol`` for each ``old`` ones."""

    symbol: str
    day: date
    new: Decimal
    old: Decimal


def raw_quote(symbol: object, told: Mapping[str, Any], received_at: datetime) -> RawQuote:
    """A quote of the stream or the list of latest quotes; a part that is missing is None."""
    return RawQuote(symbol, told.get("bp"), told.get("ap"), told.get("t"), SOURCE, received_at)


def raw_bar(symbol: object, told: Mapping[str, Any], received_at: datetime) -> RawBar:
    """A daily bar. Its time is midnight in New York at the start of its day."""
    return RawBar(
        symbol=symbol,
        session=_day(told.get("t")),
        open=told.get("o"),
        high=told.get("h"),
        low=told.get("l"),
        close=told.get("c"),
        volume=told.get("v"),
        source=SOURCE,
        received_at=received_at,
    )


def minute_bar(symbol: object, told: Mapping[str, Any]) -> MinuteBar:
    """A minute bar; raises ``SourceAway`` for one that makes no sense."""
    try:
        at = datetime.fromisoformat(told["t"]).astimezone(UTC)
        opened, high, low, close = (_positive(told[letter]) for letter in "ohlc")
        bar = MinuteBar(str(symbol), at, opened, high, low, close, _whole(told["v"]))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise SourceAway(f"a minute bar of {symbol!r} cannot be read: {error!r}") from error
    if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
        raise SourceAway(f"a minute bar of {symbol!r} contradicts itself: {dict(told)!r}")
    return bar


def splits(told: Any) -> tuple[WireSplit, ...]:
    """Forward and reverse splits, oldest first; raises ``SourceAway`` where one cannot be read."""
    try:
        kinds = ("forward_splits", "reverse_splits")
        found = [_split(one) for kind in kinds for one in told.get(kind, ())]
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise SourceAway(f"the list of splits cannot be read: {error!r}") from error
    return tuple(sorted(found, key=lambda one: (one.day, one.symbol)))


def _split(told: Mapping[str, Any]) -> WireSplit:
    new, old = _positive(told["new_rate"]), _positive(told["old_rate"])
    return WireSplit(told["symbol"], date.fromisoformat(told["ex_date"]), new, old)


def _day(at: object) -> object:
    """The day in New York, where the time can be read; else what came, for inspection to object to."""
    try:
        return datetime.fromisoformat(str(at)).astimezone(NEW_YORK).date()
    except ValueError:
        return at


def _positive(value: object) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite() or number <= 0:
        raise ValueError(f"{value!r} is not above zero")
    return number


def _whole(value: object) -> int:
    number = Decimal(str(value))
    if number < 0 or number != number.to_integral_value():
        raise ValueError(f"{value!r} is no number of shares")
    return int(number)
