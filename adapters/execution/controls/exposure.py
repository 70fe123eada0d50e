"""How much may be held: in one symbol, in all, in how many, and waiting to be bought; promised BUYs count.

Only BUYs are asked: a SELL of the house, which is long-only, makes none of these larger.
"""

from collections.abc import Iterable
from decimal import Decimal

from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason

_ZERO = Decimal(0)


def position(trial: Trial) -> OrderReason | None:
    """Control 16: the symbol's shares and everything that is being bought of it, at the price of now."""
    if trial.deal.side == "SELL":
        return None
    symbol = trial.deal.symbol
    waiting = [order for order in trial.standing.buys() if order.symbol == symbol]
    shares = trial.standing.held(symbol) + sum((order.leaves_qty for order in waiting), trial.deal.qty)
    worth = shares * trial.deal.price
    if worth <= trial.limits.max_position_value:
        return None
    found = f"{shares} shares of {symbol}, those being bought included, would be worth {worth:.2f} dollars"
    return trial.refusal("position-value", found, "max_position_value")


def gross(trial: Trial) -> OrderReason | None:
    """Control 17: all positions and everything that is being bought, as a fraction of equity."""
    if trial.deal.side == "SELL":
        return None
    held, waiting, equity = _held(trial), _waiting(trial), trial.equity
    if held is None or waiting is None or equity is None or equity <= 0:
        message = "what the house holds cannot be valued, so its exposure is unknown; wait for quotes"
        return OrderReason(code="limit-exposure-unknown", message=message)
    share = (held + waiting + trial.deal.value) / equity
    if share <= trial.limits.max_gross_exposure_pct:
        return None
    found = f"positions and BUYs would come to {share:.4f} of an equity of {equity:.2f} dollars"
    return trial.refusal("gross-exposure", found, "max_gross_exposure_pct")


def positions(trial: Trial) -> OrderReason | None:
    """Control 17: a BUY in a symbol more than may be held or being bought at once."""
    symbols = {symbol for symbol, shares in trial.standing.shares.items() if shares}
    symbols |= {order.symbol for order in trial.standing.buys()}
    if trial.deal.side == "SELL" or trial.deal.symbol in symbols:
        return None
    if len(symbols) < trial.limits.max_open_positions:
        return None
    found = f"{len(symbols)} symbols are held or being bought already"
    return trial.refusal("open-positions", found, "max_open_positions")


def waiting(trial: Trial) -> OrderReason | None:
    """Control 17: BUYs that are not filled yet, together with this one."""
    if trial.deal.side == "SELL":
        return None
    already = _waiting(trial)
    if already is None:
        return None  # told as an exposure that is unknown
    total = already + trial.deal.value
    if total <= trial.limits.max_open_order_value:
        return None
    found = f"BUYs that are not filled yet would come to {total:.2f} dollars"
    return trial.refusal("open-order-value", found, "max_open_order_value")


def _held(trial: Trial) -> Decimal | None:
    """Dollars that all positions are worth; None where one of them has no price."""
    standing = trial.standing
    return _sum(
        None if (price := standing.prices.get(symbol)) is None else abs(shares) * price
        for symbol, shares in standing.shares.items()
        if shares
    )


def _waiting(trial: Trial) -> Decimal | None:
    """Dollars that promised BUYs may still cost; None where one of them has no price."""
    standing = trial.standing
    return _sum(
        None if (price := standing.price_of(order)) is None else order.leaves_qty * price
        for order in standing.buys()
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    total = _ZERO
    for value in values:
        if value is None:
            return None
        total += value
    return total
