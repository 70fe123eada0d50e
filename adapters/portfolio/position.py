"""What the house holds of one symbol and what that cost: trades in exact arithmetic, long or short.

A position carries the whole of its cost instead of an average price: shares that leave take their part
of the cost with them, rounded once to a millionth of a dollar, and the rest stays behind. So nothing is
ever lost to rounding, and this always holds to the last digit (``sum`` over all trades, bought shares
positive, sold ones negative):

    cost = sum(shares * price) + realised
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one symbol: ``qty`` is negative when sold short.

    In dollars: ``cost``, what the shares were bought for (negative: what those sold short brought in),
    ``realised``, the profit of trades that were closed, and ``fees``, the commissions of all trades.
    Commissions are in neither cost nor profit.
    """

    qty: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    realised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    @property
    def average_cost(self) -> Decimal | None:
        """Dollars a share to a millionth, half to even; None for no shares."""
        return (self.cost / self.qty).quantize(MILLIONTH, ROUND_HALF_EVEN) if self.qty else None

    def unrealised(self, mark: Decimal) -> Decimal:
        """Dollars that closing the position at ``mark`` would add to ``realised``."""
        return self.qty * mark - self.cost


FLAT = Position()


def traded(position: Position, shares: Decimal, price: Decimal, commission: Decimal) -> Position:
    """``position`` after ``shares`` (positive bought, negative sold) at ``price`` dollars a share.

    A trade through zero closes what there was and opens the rest at its own price.
    """
    closing = _towards_zero(position.qty, shares)
    left = _closed(position, closing, price) if closing else position
    opening = shares - closing
    return replace(
        left, qty=left.qty + opening, cost=left.cost + opening * price, fees=left.fees + commission
    )


def cost_of(position: Position, shares: Decimal) -> Decimal:
    """The part of the cost that ``shares`` of the position carry (same sign): their share, or all of it."""
    if shares == position.qty:
        return position.cost
    return (position.cost * shares / position.qty).quantize(MILLIONTH, ROUND_HALF_EVEN)


def change(before: Position, after: Position) -> Position:
    """What a trade did to a position, as differences, for ``undone``."""
    return Position(
        after.qty - before.qty,
        after.cost - before.cost,
        after.realised - before.realised,
        after.fees - before.fees,
    )


def undone(position: Position, effect: Position) -> Position:
    """``position`` with an earlier trade's ``effect`` taken back, whatever was traded since.

    Shares that were sold meanwhile took along some of the cost that is now gone. Once nothing is held, that
    remainder belongs to the profit of those sales, which then is what it would have been without the trade.
    """
    left = change(effect, position)
    if left.qty:
        return left
    return replace(left, cost=Decimal(0), realised=left.realised - left.cost)


def _towards_zero(held: Decimal, shares: Decimal) -> Decimal:
    if held * shares >= 0:
        return Decimal(0)
    return shares if abs(shares) <= abs(held) else -held


def _closed(position: Position, shares: Decimal, price: Decimal) -> Position:
    removed = cost_of(position, -shares)
    return replace(
        position,
        qty=position.qty + shares,
        cost=position.cost - removed,
        realised=position.realised - shares * price - removed,
    )
