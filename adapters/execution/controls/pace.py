"""How many orders there may be in a second, a minute and a day, counted from the records.

What counts is every order that was permitted, by the house's clock, whatever became of it.
"""

from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason


def per_second(trial: Trial) -> OrderReason | None:
    """Control 28: orders within the last second."""
    if trial.pace.second < trial.limits.orders_per_second:
        return None
    found = f"{trial.pace.second} orders were sent within the last second"
    return trial.refusal("orders-per-second", found, "orders_per_second")


def per_minute(trial: Trial) -> OrderReason | None:
    """Control 28: orders within the last minute."""
    if trial.pace.minute < trial.limits.orders_per_minute:
        return None
    found = f"{trial.pace.minute} orders were sent within the last minute"
    return trial.refusal("orders-per-minute", found, "orders_per_minute")


def per_day(trial: Trial) -> OrderReason | None:
    """Control 30: orders since midnight UTC, which no session of the exchange crosses."""
    if trial.pace.day < trial.limits.orders_per_day:
        return None
    return trial.refusal("orders-per-day", f"{trial.pace.day} orders were sent today", "orders_per_day")


def per_symbol(trial: Trial) -> OrderReason | None:
    """Control 30: orders in this symbol since midnight UTC."""
    if trial.pace.symbol_day < trial.limits.orders_per_symbol_per_day:
        return None
    found = f"{trial.pace.symbol_day} orders in {trial.deal.symbol} were sent today"
    return trial.refusal("orders-per-symbol", found, "orders_per_symbol_per_day")
