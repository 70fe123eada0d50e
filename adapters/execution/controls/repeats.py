"""A strategy that goes on and on is stopped until a person has looked: too many fills or rejections a day."""

from collections.abc import Iterable

from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason

CAUSES = {
    "limit-repeated-executions": "repeated-executions",
    "limit-repeated-rejections": "repeated-rejections",
}
"""The codes of these refusals, each with the cause under which the strategy is stopped."""


def executions(trial: Trial) -> OrderReason | None:
    """Control 29: fills of the strategy's orders today."""
    if trial.signal.strategy is None or (
        trial.pace.executions < trial.limits.executions_per_strategy_per_day
    ):
        return None
    found = f"orders of {trial.signal.strategy} were filled {trial.pace.executions} times today"
    return trial.refusal("repeated-executions", found, "executions_per_strategy_per_day")


def rejections(trial: Trial) -> OrderReason | None:
    """Control 29: orders of the strategy that the broker rejected today."""
    if trial.signal.strategy is None or (
        trial.pace.rejections < trial.limits.rejections_per_strategy_per_day
    ):
        return None
    found = f"the broker's rejections of {trial.signal.strategy} today are {trial.pace.rejections} already"
    return trial.refusal("repeated-rejections", found, "rejections_per_strategy_per_day")


def cause_of(reasons: Iterable[OrderReason]) -> tuple[str, str] | None:
    """The cause to stop the strategy for, and the words of it; None where no breaker refused."""
    found = ((CAUSES[one.code], one.message) for one in reasons if one.code in CAUSES)
    return next(found, None)
