"""Where and by which key an order meets none of the scenario's accidents, which all follow from its seed."""

from datetime import date
from uuid import uuid4

from adapters.brokers.paper.faults import Fault, Faults
from adapters.execution.keys import Key
from adapters.settings import Settings
from adapters.strategy.scenario import calm_history_with_faults
from policy.access.callers import LOCAL

SCENARIO = calm_history_with_faults(Settings().scenario_seed)
FAULTS = Faults(SCENARIO.seed, SCENARIO.broker_faults)
MOMENTS = ("open", "morning", "midday", "afternoon", "late", "close")
TRADED = ("AAPL", "MSFT")
"""The symbols that the screen tests trade in."""


def calm_key() -> str:
    """A new Idempotency-Key whose order the broker treats as it should."""
    while True:
        key = f"screens/{uuid4()}"
        ours = Key(f"caller/{LOCAL.credential}", key).client_order_id
        if not any(FAULTS.strikes(fault, ours) for fault in Fault):
            return key


def is_calm(time: str) -> bool:
    """Whether the day of ``time`` has quotes all day and as many shares to trade as history had."""
    day = date.fromisoformat(time[:10])
    gaps = (SCENARIO.withheld(symbol, day, moment) for symbol in TRADED for moment in MOMENTS)
    return not any(gaps) and all(SCENARIO.tradable_share(symbol, day) == 1 for symbol in TRADED)
