"""How large one order may be: whole shares, their number and what they come to."""

from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason


def whole_shares(trial: Trial) -> OrderReason | None:
    """Control 13: fractions and nothing at all are not traded."""
    qty = trial.deal.qty
    if qty > 0 and qty == qty.to_integral_value():
        return None
    return OrderReason(
        code="limit-whole-shares", message=f"{qty} is no number of whole shares; order at least 1"
    )


def quantity(trial: Trial) -> OrderReason | None:
    """Control 13: more shares than one order may have."""
    if trial.deal.qty <= trial.limits.max_order_qty:
        return None
    return trial.refusal("order-qty", f"{trial.deal.qty} shares are too many for one order", "max_order_qty")


def value(trial: Trial) -> OrderReason | None:
    """Control 12: more dollars than one order may cost or bring."""
    if trial.deal.value <= trial.limits.max_order_value:
        return None
    found = f"the order comes to {trial.deal.value:.2f} dollars"
    return trial.refusal("order-value", found, "max_order_value")
