"""Candidates cut to what one order may be worth in the phase in force; strategies know of no such thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from sqlalchemy import Engine

from adapters.execution.controls.limits import LimitsByPhase
from adapters.ports import Account
from policy.contracts import SignalCandidate
from policy.rollout.phases import phase_in_force
from policy.store import reading

_FINEST = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Sizing:
    """Fits candidates into the limit ``max_order_value`` of the phase that ``store`` is in.

    A strategy sizes by its stop. In a phase of a hundred dollars all it proposed would be refused, and
    nothing would be learned there; so the house asks for less instead, and never for more.
    """

    store: Engine
    limits: LimitsByPhase
    account: Account

    def fit(self, candidates: Sequence[SignalCandidate]) -> list[SignalCandidate]:
        """``candidates``, each with the smaller of its size and the largest that is worth no more.

        Where the equity cannot be told they stay as they are, and the rules judge them so. Raises
        ``PhaseUnreadable`` where the phase cannot be told.
        """
        if not candidates:
            return []
        with reading(self.store) as connection:
            most = self.limits[phase_in_force(connection)].max_order_value
        largest = largest_size(most, self.account.equity())
        return [_cut(one, largest) for one in candidates]


def largest_size(most: Decimal, equity: Decimal | None) -> float | None:
    """The fraction of ``equity`` that is worth at most ``most`` dollars, rounded down to 1e-8.

    None where nobody knows the equity, and where there is none.
    """
    if equity is None or equity <= 0:
        return None
    return float(min(Decimal(1), most / equity).quantize(_FINEST, ROUND_DOWN))


def _cut(candidate: SignalCandidate, largest: float | None) -> SignalCandidate:
    if largest is None or candidate.size_pct <= largest:
        return candidate
    return candidate.model_copy(update={"size_pct": largest})
