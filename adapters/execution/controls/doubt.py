"""Nothing is added where the books are in doubt: frozen symbols or cash, orders nobody knows the end of."""

from collections.abc import Mapping

from adapters.execution.bookkeeping import CASH
from adapters.execution.controls.trial import Trial
from policy.contracts import Action
from policy.order_contracts import OrderReason, OrderState


def unsettled(trial: Trial) -> OrderReason | None:
    """Control 34: since the process began the books have not been settled with the broker's."""
    return trial.standing.unsettled


def frozen(trial: Trial) -> OrderReason | None:
    """Control 34: a position or the cash that reconciliation could not explain."""
    return held_back(trial.deal.symbol, trial.deal.side, trial.standing.frozen)


def held_back(symbol: str, side: Action, frozen: Mapping[str, str]) -> OrderReason | None:
    """Why no new risk is taken: a symbol whose shares are in doubt, for a BUY also cash that is.

    ``frozen`` has the reason of each; None where nothing stands in the way. Exits are not asked about.
    """
    if side == "BUY" and CASH in frozen:
        message = f"nothing is bought until the cash is explained ({frozen[CASH]})"
        return OrderReason(code="limit-cash-frozen", message=message)
    why = frozen.get(symbol)
    if why is None:
        return None
    message = f"{symbol} is frozen until its position is explained ({why})"
    return OrderReason(code="limit-symbol-frozen", message=message)


def unresolved(trial: Trial) -> OrderReason | None:
    """Control 34: nobody knows what an UNKNOWN order may still do, so nothing is added to its symbol."""
    symbol = trial.deal.symbol
    for order in trial.standing.working:
        if order.symbol == symbol and order.state is OrderState.UNKNOWN:
            message = f"what became of order {order.order_id} in {symbol} is not known yet; wait for it"
            return OrderReason(code="limit-unresolved-order", message=message)
    return None
