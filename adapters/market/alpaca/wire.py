"""What Alpaca says of markets, in the house's raw forms; its letters as its documentation names them.

Values stay as they came: whether they make sense is for inspection to say, which keeps what does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.market.source import RawBar, RawQuote, SourceAway

SOURCE = "alpaca"
NEW_YORK = ZoneInfo("America/New_York")


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
    """A daily bar as traded. Its time is midnight in New York at the start of its day."""
    return _bar(symbol, _day(told.get("t")), told, received_at)


def raw_minute(symbol: object, told: Mapping[str, Any], received_at: datetime) -> RawBar:
    """A minute as traded; in place of a session it has the time at which the minute began."""
    return _bar(symbol, told.get("t"), told, received_at)


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


def _bar(symbol: object, when: object, told: Mapping[str, Any], received_at: datetime) -> RawBar:
    return RawBar(
        symbol=symbol,
        session=when,
        open=told.get("o"),
        high=told.get("h"),
        low=told.get("l"),
        close=told.get("c"),
        volume=told.get("v"),
        source=SOURCE,
        received_at=received_at,
    )


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
