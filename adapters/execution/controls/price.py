"""What a price may be: a positive number of cents, and not much worse than the market's.

A limit that is better than the market only waits, so the collar has one side: how much more a BUY may pay
and how much less a SELL may take.
"""

from decimal import Decimal

from adapters.execution.controls.trial import Trial
from policy.order_contracts import CENT, OrderReason


def in_cents(trial: Trial) -> OrderReason | None:
    """Control 15: a limit that is not positive or not in whole cents."""
    limit = trial.order.limit_price
    if limit is None or (limit > 0 and limit % CENT == 0):
        return None
    return OrderReason(code="limit-price-tick", message=f"{limit} is no price in whole cents; round it")


def usable(trial: Trial) -> OrderReason | None:
    """Control 4: a market whose prices are not positive, or in which more is bid than asked."""
    near, far = trial.venue.near, trial.venue.far
    crossed = far is not None and (near < far if trial.deal.side == "BUY" else near > far)
    if near > 0 and (far is None or far > 0) and not crossed:
        return None
    message = f"the market says {near} and {far} of {trial.deal.symbol}, which cannot be; wait for a quote"
    return OrderReason(code="no-quote", message=message)


def collar(trial: Trial) -> OrderReason | None:
    """Control 14: a limit beyond the market by more than the collar, or a market whose two sides are as far
    apart, so that a MARKET order might cost as much. An unusable market is refused by control 4."""
    if usable(trial) is not None:
        return None
    if trial.order.limit_price is None and trial.venue.far is None:
        message = "the market has one side only, so what a MARKET order may cost cannot be told; set a limit"
        return OrderReason(code="limit-price-collar", message=message)
    worse, found = _by_limit(trial) if trial.order.limit_price is not None else _by_spread(trial)
    if worse <= trial.limits.price_collar_pct:
        return None
    return trial.refusal("price-collar", found, "price_collar_pct")


def _by_limit(trial: Trial) -> tuple[Decimal, str]:
    """By which fraction of the market's price the limit is worse for the house, and in words."""
    asked, meets = trial.order.limit_price or Decimal(0), trial.venue.near
    worse = (asked - meets if trial.deal.side == "BUY" else meets - asked) / meets
    return worse, f"a {trial.deal.side} at {asked} is {worse:.2%} worse than the market's {meets}"


def _by_spread(trial: Trial) -> tuple[Decimal, str]:
    """Which fraction of the higher price lies between the market's sides, and in words."""
    low, high = sorted((trial.venue.near, trial.venue.far or trial.venue.near))
    apart = (high - low) / high
    return apart, f"{low} is bid and {high} asked, {apart:.2%} apart; set a limit price"
