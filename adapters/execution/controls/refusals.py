"""Execution's own refusals, asked in turn: what no pack can switch off, because it needs cash and shares."""

from adapters.execution.controls.doubt import frozen, unresolved
from adapters.execution.controls.means import oversold, unaffordable
from adapters.execution.controls.standing import Deal, Standing
from policy.order_contracts import OrderReason

CONTROLS = (frozen, unresolved, oversold, unaffordable)
"""Every control, in the order in which its reason is told."""


def refusals(deal: Deal, standing: Standing) -> tuple[OrderReason, ...]:
    """Every reason not to send ``deal``; empty when there is none."""
    found = (control(deal, standing) for control in CONTROLS)
    return tuple(reason for reason in found if reason is not None)
