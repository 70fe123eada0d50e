"""A comparison as it is shown: orders, executions, shares and dollars, ours beside the broker's."""

from collections.abc import Iterable
from decimal import Decimal

from adapters.execution.bookkeeping import CASH
from adapters.execution.order import Order
from adapters.execution.reconciliation.compare import Beside, Books, Comparison
from adapters.ports import BrokerAccount, BrokerOrder
from policy import reconciliation_contracts as shown
from policy.order_contracts import FINAL
from policy.reconciliation_contracts import AssetBeside, Executions, OrderBeside, OrderSide, Picture

_ZERO = Decimal(0)


def picture_of(books: Books, account: BrokerAccount, found: Comparison) -> Picture:
    """What ``found`` shows, as of the broker's ``account``."""
    orders = [*map(_beside, found.beside), *map(_stranger, found.strangers)]
    return Picture(
        compared=len(orders),
        orders=tuple(one for one in orders if not one.agrees or _at_work(one)),
        executions_ours=_sums(one.ours for one in orders),
        executions_theirs=_sums(one.theirs for one in orders),
        assets=tuple(_assets(books, account, found)),
    )


def asset_word(asset: str) -> str:
    """What people call ``asset``: its symbol, or ``cash``."""
    return shown.CASH if asset == CASH else asset


def asset_named(word: str) -> str:
    """The asset that ``word`` names; as ``asset_word`` gives it."""
    return CASH if word == shown.CASH else word


def _beside(one: Beside) -> OrderBeside:
    ours, theirs = _ours(one.order), _theirs(one.seen) if one.seen else None
    return OrderBeside(
        order_id=one.order.order_id,
        external_order_id=one.order.external_order_id,
        symbol=one.order.symbol,
        side=one.order.side,
        qty=one.order.qty,
        origin=one.order.origin,
        ours=ours,
        theirs=theirs,
        agrees=_agree(one.order, ours, theirs),
        left_alone=one.is_young,
    )


def _stranger(seen: BrokerOrder) -> OrderBeside:
    return OrderBeside(
        order_id=None,
        external_order_id=seen.external_order_id,
        symbol=seen.symbol,
        side=seen.side,
        qty=seen.qty,
        origin=None,
        ours=None,
        theirs=_theirs(seen),
        agrees=False,
        left_alone=False,
    )


def _agree(order: Order, ours: OrderSide, theirs: OrderSide | None) -> bool:
    """Without a view of the broker's, an order that has ended, or was never sent, agrees."""
    if theirs is None:
        return not order.is_working
    same_sums = (ours.cum_qty, ours.notional, ours.commission) == (
        theirs.cum_qty,
        theirs.notional,
        theirs.commission,
    )
    return same_sums and order.is_final == (theirs.state in FINAL)


def _ours(order: Order) -> OrderSide:
    return OrderSide(
        state=order.state, cum_qty=order.cum_qty, notional=order.notional, commission=order.commission
    )


def _theirs(seen: BrokerOrder) -> OrderSide:
    return OrderSide(
        state=seen.state, cum_qty=seen.cum_qty, notional=seen.notional, commission=seen.commission
    )


def _at_work(one: OrderBeside) -> bool:
    sides = (side for side in (one.ours, one.theirs) if side is not None)
    return any(side.state not in FINAL for side in sides)


def _sums(sides: Iterable[OrderSide | None]) -> Executions:
    filled = [side for side in sides if side is not None and side.cum_qty]
    return Executions(
        orders=len(filled),
        shares=sum((side.cum_qty for side in filled), _ZERO),
        dollars=sum((side.notional for side in filled), _ZERO),
        commission=sum((side.commission for side in filled), _ZERO),
    )


def _assets(books: Books, account: BrokerAccount, found: Comparison) -> Iterable[AssetBeside]:
    """The cash, then every symbol that either side has, in alphabetical order."""
    yield _asset(books, CASH, books.cash, account.cash, moving=bool(found.moving))
    for symbol in sorted({*books.positions, *account.positions}):
        ours, theirs = books.positions.get(symbol, _ZERO), account.positions.get(symbol, _ZERO)
        yield _asset(books, symbol, ours, theirs, moving=symbol in found.moving)


def _asset(books: Books, asset: str, ours: Decimal, theirs: Decimal, *, moving: bool) -> AssetBeside:
    return AssetBeside(
        asset=asset_word(asset),
        ours=ours,
        theirs=theirs,
        explained=books.explained.get(asset, _ZERO),
        moving=moving,
        agrees=books.agree(asset, ours, theirs),
    )
