"""Stock splits, and bars as they look once later splits are taken into account: a view, never stored.

The convention is that of every price history (CRSP, "Factor to adjust price"): prices from before a split's
ex-day are divided by the number of new shares for each old one, counts of shares are multiplied by it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import prod

from adapters.storage.bar_files import PLACES
from policy.contracts import Bar

_GRAIN = Decimal(1).scaleb(-PLACES)


@dataclass(frozen=True, slots=True)
class Split:
    """From the session of ``ex_day`` on, ``new`` shares stand where ``old`` stood: 2 for 1, or 1 for 10.

    ``source`` says who told it, ``learnt_at`` when the house was told. One for one withdraws what was said
    of that day before.
    """

    symbol: str
    ex_day: date
    new: int
    old: int
    source: str
    learnt_at: datetime

    def __post_init__(self) -> None:
        """Raises ValueError for a ratio that is none."""
        if self.new < 1 or self.old < 1:
            raise ValueError(f"a split gives new shares for old ones, such as 2:1, not {self.ratio_text}")

    @property
    def ratio(self) -> Fraction:
        """New shares for each old one."""
        return Fraction(self.new, self.old)

    @property
    def ratio_text(self) -> str:
        """``2:1``, new shares first."""
        return f"{self.new}:{self.old}"


def factor(splits: Iterable[Split], day: date, as_of: date) -> Fraction:
    """How many shares of ``as_of`` one share of ``day`` became: by splits after ``day``, up to ``as_of``."""
    return prod((one.ratio for one in splits if day < one.ex_day <= as_of), start=Fraction(1))


def adjusted(bar: Bar, shares: Fraction) -> Bar:
    """``bar`` in shares of a later day, of which each of its own became ``shares``.

    Prices are exact where decimals can be, else to 28 digits; volume is in whole shares, halves to even.
    """
    if shares == 1:
        return bar
    return _scaled(bar, shares, lambda price: price * shares.denominator / shares.numerator)


def as_traded(bar: Bar, shares: Fraction) -> Bar:
    """What ``adjusted`` made ``bar`` of, prices to the hundred-millionth of a dollar.

    Prices come back exactly. So does volume where a share became one or more; where several became one, what
    was rounded to whole shares stays so.
    """
    return _scaled(
        bar,
        1 / shares,
        lambda price: (price * shares.numerator / shares.denominator).quantize(_GRAIN, ROUND_HALF_EVEN),
    )


def adjusted_as_of(bars: Sequence[Bar], splits: Sequence[Split], as_of: date) -> tuple[Bar, ...]:
    """``bars`` as traded, oldest first, in shares of the day ``as_of``."""
    if not splits:
        return tuple(bars)
    return tuple(adjusted(bar, factor(splits, bar.opened_at.astimezone(UTC).date(), as_of)) for bar in bars)


def _scaled(bar: Bar, shares: Fraction, price: Callable[[Decimal], Decimal]) -> Bar:
    return Bar(
        symbol=bar.symbol,
        open=price(bar.open),
        high=price(bar.high),
        low=price(bar.low),
        close=price(bar.close),
        volume=round(bar.volume * shares),
        opened_at=bar.opened_at,
        closed_at=bar.closed_at,
    )
