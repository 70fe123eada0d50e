"""Leave to send one order, and nothing but that order: what brokers take in place of trust."""

from dataclasses import InitVar, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from policy.contracts import Action

PermitKind = Literal["signal", "exit"]
_SEAL = object()


@dataclass(frozen=True, slots=True)
class OrderPermit:
    """Leave to hand in one order: this symbol and side, at most ``qty`` shares, until ``expires_at``.

    Only this module can make one, from a decision on record and the rules asked again. A permit of kind
    ``exit`` only ever reduces a position.
    """

    permit_id: UUID
    order_id: UUID
    client_order_id: UUID
    kind: PermitKind
    signal_id: UUID | None
    symbol: str
    side: Action
    qty: Decimal
    expires_at: datetime
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only policy.permits makes an OrderPermit; ask for one there")
