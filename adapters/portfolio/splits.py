"""Stock splits: more or fewer shares of the same worth, with cash for the fraction that is no share."""

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from adapters.portfolio.account import Account
from adapters.portfolio.position import MILLIONTH, Position

CENT = Decimal("0.01")


def split(account: Account, symbol: str, ratio: Fraction) -> Account:
    """``account`` after ``symbol`` was split, ``ratio`` new shares for each old one.

    The mark is divided by ``ratio``, to a millionth. A fraction of a share is paid out at the new mark, to
    the cent, half up, and takes its part of the cost along; otherwise cost, cash and profit stay as they are.

    Raises ValueError when ``ratio`` is not positive, and while a synthetic fill of the symbol may still be
    replaced by a real one, which was counted in old shares.
    """
    if ratio <= 0:
        raise ValueError(f"a split gives a positive number of new shares for each old one, not {ratio}")
    if any(one.symbol == symbol for one in account.provisional.values()):
        raise ValueError(f"{symbol} has a synthetic fill; reconcile with the broker before the split")
    if symbol not in account.marks:
        return account
    mark = _times(account.marks[symbol], 1 / ratio)
    account = replace(account, marks={**account.marks, symbol: mark})
    if symbol not in account.positions:
        return account
    position, paid = _split(account.positions[symbol], ratio, mark)
    return replace(account, cash=account.cash + paid, positions={**account.positions, symbol: position})


def _split(position: Position, ratio: Fraction, mark: Decimal) -> tuple[Position, Decimal]:
    """The new position and the dollars paid for its fraction (negative: owed, when short)."""
    exact = Fraction(position.qty) * ratio
    whole = int(exact)
    if exact == whole:
        return replace(position, qty=Decimal(whole)), Decimal(0)
    fraction = exact - whole
    paid = _times(mark, fraction).quantize(CENT, ROUND_HALF_UP)
    removed = _times(position.cost, fraction / exact) if whole else position.cost
    realised = position.realised + paid - removed
    return replace(position, qty=Decimal(whole), cost=position.cost - removed, realised=realised), paid


def _times(amount: Decimal, ratio: Fraction) -> Decimal:
    """``amount * ratio`` to a millionth."""
    return (amount * ratio.numerator / ratio.denominator).quantize(MILLIONTH, ROUND_HALF_EVEN)
