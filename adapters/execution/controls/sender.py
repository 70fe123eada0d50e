"""Where an order goes and on whose word: the broker of the phase, its account, a person's answer, its age."""

from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason

MOST_AHEAD_SECONDS = 1
"""How far a strategy's clock may be ahead of the house's."""
SUPPORTED = frozenset({"MARKET", "LIMIT"})


def phase_lock(trial: Trial) -> OrderReason | None:
    """Control 40: nothing is sent to a broker that the phase does not name; live names none."""
    if trial.venue.broker in trial.limits.brokers:
        return None
    found = f"the house is in phase {trial.bounds.phase.value} and its broker is {trial.venue.broker}"
    return trial.refusal("phase-lock", found, "brokers")


def account(trial: Trial) -> OrderReason | None:
    """Control 36: the broker says that the account may not trade."""
    if trial.venue.blocked is None:
        return None
    message = (
        f"the broker takes no orders for this account ({trial.venue.blocked}); settle that with the broker"
    )
    return OrderReason(code="limit-account-blocked", message=message)


def person(trial: Trial) -> OrderReason | None:
    """Control 41: in phases that ask for it, no order whose signal nobody answered for."""
    if not trial.limits.person_must_answer or trial.signal.answered_by is not None:
        return None
    message = (
        f"in phase {trial.bounds.phase.value} a person answers for every order, and nobody has for this "
        f"signal ({trial.bounds.source('person_must_answer')})"
    )
    return OrderReason(code="limit-needs-person", message=message)


def age(trial: Trial) -> OrderReason | None:
    """Control 47: a signal that has been on its way for too long, or comes from a time that is yet to be."""
    old = (trial.at - trial.signal.proposed_at).total_seconds()
    if -MOST_AHEAD_SECONDS <= old <= trial.limits.max_signal_age_seconds:
        return None
    return trial.refusal("signal-age", f"the signal is {old:.0f} seconds old", "max_signal_age_seconds")


def kind(trial: Trial) -> OrderReason | None:
    """Control 37: an order of a kind that is not sent here; all are good for the session."""
    order = trial.order
    if order.order_type in SUPPORTED and (order.order_type == "LIMIT") == (order.limit_price is not None):
        return None
    message = f"a {order.order_type} order with limit price {order.limit_price} is not supported; see the API"
    return OrderReason(code="limit-order-type", message=message)
