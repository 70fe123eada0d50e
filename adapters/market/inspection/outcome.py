"""What can come of an inspection that lets nothing in: a fault with its reason, and a level that is held."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from adapters.market.source import RawBar, RawQuote


class Fault(StrEnum):
    """Why a quote or bar is not let in."""

    UNREADABLE = "unreadable"
    UNKNOWN_SYMBOL = "unknown-symbol"
    NAIVE_TIME = "naive-time"
    FROM_THE_FUTURE = "from-the-future"
    NOT_FINITE = "not-finite"
    NOT_POSITIVE = "not-positive"
    CROSSED = "crossed"
    OLDER_THAN_LAST = "older-than-last"
    DUPLICATE = "duplicate"
    NOT_A_SESSION = "not-a-session"
    JUMP = "jump"
    LATE = "late"


class Unfit(Exception):
    """A check that failed: its ``fault``, what came in words, and ``against`` what it was held."""

    def __init__(self, fault: Fault, text: str, against: str | None = None) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.against = against


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A quote or bar that was not let in, as it came, with the reason.

    ``symbol`` is the house's form of it; None where it is no symbol of ours. ``against`` says what it was
    held against, such as the last close; None where it fails by itself.
    """

    fault: Fault
    text: str
    raw: RawQuote | RawBar
    symbol: str | None
    against: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A level that a symbol jumped to and that nobody has explained: it waits, and nothing of it is let in.

    ``level`` is what was quoted, in dollars, ``day`` its day on the exchange, ``against`` what it was held
    against, in words.
    """

    symbol: str
    level: Decimal
    day: date
    against: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody has looked: on ``day`` the level of ``symbol``, in dollars, is what was traded.

    It lets that level in once: it takes the last close's place until the next bar does.
    """

    symbol: str
    day: date
    level: Decimal
    reason: str
