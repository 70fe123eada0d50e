"""Execution's own refusals: what no pack can switch off, because it needs cash, shares, orders and time."""

from collections.abc import Callable

from adapters.execution.controls import doubt, exposure, means, own_orders, pace, price, repeats, sender, size
from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason

Control = Callable[[Trial], OrderReason | None]

CONTROLS: tuple[Control, ...] = (
    *(doubt.unsettled, doubt.frozen, doubt.unresolved),
    *(sender.phase_lock, sender.account, sender.person, sender.age, sender.kind),
    *(size.whole_shares, size.quantity, size.value),
    *(price.usable, price.in_cents, price.collar),
    *(means.oversold, means.unaffordable),
    *(exposure.position, exposure.gross, exposure.positions, exposure.waiting),
    *(own_orders.duplicate, own_orders.self_trade),
    *(pace.per_second, pace.per_minute, pace.per_day, pace.per_symbol),
    *(repeats.executions, repeats.rejections),
)
"""Every control, in the order in which its reason is told."""


def refusals(trial: Trial) -> tuple[OrderReason, ...]:
    """Every reason not to send the order on trial; empty when there is none."""
    return tuple(reason for control in CONTROLS if (reason := control(trial)) is not None)
