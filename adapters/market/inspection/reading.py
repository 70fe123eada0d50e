"""Reads what a source wrote as prices, times, days and share counts, or says what is wrong with it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from adapters.market.inspection.outcome import Fault, Unfit
from adapters.market.symbols import NoSymbol, house_symbol

ALLOWANCE = timedelta(seconds=2)
"""How far an exchange's clock may be ahead of the house's."""
_MOST_DIGITS = 12
LONGEST = 40
"""Characters of a number; what is longer is none, and is shown cut."""


def symbol_of(came: object) -> str:
    """``came`` in the house's form."""
    if not isinstance(came, str):
        raise Unfit(Fault.UNREADABLE, f"the symbol {shown(came)} is no text")
    try:
        return house_symbol(came)
    except NoSymbol as none:
        raise Unfit(Fault.UNREADABLE, str(none)) from none


def price_of(name: str, came: object) -> Decimal:
    """``came`` as dollars above 0, digit for digit; a float is what it prints as."""
    price = _number(name, came)
    if not price.is_finite():
        raise Unfit(Fault.NOT_FINITE, f"{name} {shown(came)} is not finite")
    if price <= 0:
        raise Unfit(Fault.NOT_POSITIVE, f"{name} {price} is not above 0")
    if not -_MOST_DIGITS <= price.adjusted() < _MOST_DIGITS:
        raise Unfit(Fault.UNREADABLE, f"{name} {price} is no price of a share")
    return price


def shares_of(came: object) -> int:
    """``came`` as whole shares, 0 or more."""
    shares = _number("volume", came)
    if not shares.is_finite():
        raise Unfit(Fault.NOT_FINITE, f"volume {shown(came)} is not finite")
    if shares < 0:
        raise Unfit(Fault.NOT_POSITIVE, f"volume {shares} is below 0")
    if shares.adjusted() >= _MOST_DIGITS or shares != shares.to_integral_value():
        raise Unfit(Fault.UNREADABLE, f"volume {shares} is no count of shares")
    return int(shares)


def time_of(came: object, received_at: datetime) -> datetime:
    """``came`` as UTC, at most ``ALLOWANCE`` after ``received_at``."""
    at = came if isinstance(came, datetime) else _parsed(came)
    if at.tzinfo is not UTC:
        at = _in_utc(at, came)
    if at > received_at and at - received_at > ALLOWANCE:
        ahead = (at - received_at).total_seconds()
        raise Unfit(
            Fault.FROM_THE_FUTURE,
            f"its time {at.isoformat()} is {ahead:g} s from now",
            f"the house's clock, {received_at.isoformat()}",
        )
    return at


def day_of(came: object) -> date:
    """``came`` as the day of a session: a date, or its ISO text; a time of day is neither."""
    if isinstance(came, date) and not isinstance(came, datetime):
        return came
    try:
        return date.fromisoformat(came if isinstance(came, str) else "")
    except ValueError:
        raise Unfit(Fault.UNREADABLE, f"the session {shown(came)} is no day like 2012-05-18") from None


def shown(came: object) -> str:
    """``came`` for a message, cut where it is long."""
    try:
        text = repr(came)
    except (ValueError, RecursionError):  # so many digits, or so deep, that Python does not write it out
        return f"<{type(came).__name__}>"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _number(name: str, came: object) -> Decimal:
    if isinstance(came, Decimal) and len(str(came)) <= LONGEST:
        return came
    text = shown(came) if type(came) in (int, float) else came
    if isinstance(text, str) and len(text) <= LONGEST and text.isascii() and "_" not in text:
        try:
            return Decimal(text)
        except InvalidOperation:
            pass
    raise Unfit(Fault.UNREADABLE, f"{name} {shown(came)} is no number")


def _parsed(came: object) -> datetime:
    if isinstance(came, str):
        try:
            return datetime.fromisoformat(came)
        except ValueError:
            pass
    raise Unfit(Fault.UNREADABLE, f"the time {shown(came)} is no ISO 8601 time")


def _in_utc(at: datetime, came: object) -> datetime:
    if at.utcoffset() is None:
        raise Unfit(
            Fault.NAIVE_TIME, f"the time {shown(came)} does not say in which zone; it must, as in …T14:30:00Z"
        )
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Unfit(Fault.UNREADABLE, f"the time {shown(came)} is beyond the calendar") from None
