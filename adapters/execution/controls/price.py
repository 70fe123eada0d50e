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


def collar(trial: Trial) -> OrderReason | None:
    """Control 14: a limit beyond the market by more than the collar, or a market whose two sides are as far
    apart, so that a MARKET order might cost as much."""
    asked, meets = trial.order.limit_price, trial.venue.near
    if asked is not None:
        worse = _worse(asked, meets, trial)
        found = f"a {trial.deal.side} at {asked} is {worse:.2%} worse than the market's {meets}"
        return trial.refusal("price-collar", found, "price_collar_pct") if _beyond(worse, trial) else None
    if trial.venue.far is None:
        message = "the market has one side only, so what a MARKET order may cost cannot be told; set a limit"
        return OrderReason(code="limit-price-collar", message=message)
    worse = abs(meets - trial.venue.far) / max(meets, trial.venue.far)
    found = f"the market's sides {trial.venue.far} and {meets} are {worse:.2%} apart; set a limit price"
    return trial.refusal("price-collar", found, "price_collar_pct") if _beyond(worse, trial) else None


def _worse(asked: Decimal, meets: Decimal, trial: Trial) -> Decimal:
    """By which fraction of the market's price the limit is worse for the house; negative where better."""
    return (asked - meets if trial.deal.side == "BUY" else meets - asked) / meets


def _beyond(worse: Decimal, trial: Trial) -> bool:
    return worse > trial.limits.price_collar_pct
