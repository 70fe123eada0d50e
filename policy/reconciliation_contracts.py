"""Reconciliation as its API, its report and the screens show it: our books beside the broker's."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from policy.contracts import Action, Contract, Utc
from policy.order_contracts import Amount, OrderState, OrderView, Origin

Outcome = Literal["agrees", "repaired", "unexplained", "silent"]
"""What a look at the broker's account came to: nothing differed, what differed could be put right, something
differs that no order explains, or the broker gave no whole answer."""
RepairKind = Literal["told", "asked", "adopted", "frozen", "released", "outlived"]
"""The broker's totals were applied; one order was asked for; an order that only the broker had was adopted;
nothing explains a difference; a person explained it; there is no such difference any more."""
CASH = "cash"
"""The asset that is no symbol: dollars."""


class Start(Contract):
    """How execution stands since its start: while it ``waits_for`` something, only exits are sent.

    ``settled_at``: when its books were first known to be the broker's.
    """

    started_at: Utc
    settled_at: Utc | None
    waits_for: str | None


class OrderSide(Contract):
    """An order as one side has it; ``notional`` is the sum of qty * price over its fills, in dollars."""

    state: OrderState
    cum_qty: Amount
    notional: Amount
    commission: Amount


class OrderBeside(Contract):
    """One order here and at the broker; a side that does not have it is null.

    ``agrees`` compares quantity filled, dollars and commission, and whether it is at work or has ended;
    ``left_alone``: its last event is so young that the broker's next message may settle it.
    """

    order_id: UUID | None
    external_order_id: str | None
    symbol: str
    side: Action
    qty: Amount
    origin: Origin | None
    ours: OrderSide | None
    theirs: OrderSide | None
    agrees: bool
    left_alone: bool


class Executions(Contract):
    """Sums over the executions of every order that was compared; dollars are the sum of qty * price."""

    orders: int
    shares: Amount
    dollars: Amount
    commission: Amount


class AssetBeside(Contract):
    """Shares of a symbol, or dollars of ``cash``, here and at the broker.

    ``explained``: by how much the broker has more, as a person has explained; ``moving``: an order may still
    explain a difference, so that there is none yet.
    """

    asset: str
    ours: Amount
    theirs: Amount
    explained: Amount
    moving: bool
    agrees: bool


class Picture(Contract):
    """Our books beside the broker's as of one look.

    ``orders`` are those at work on either side and those that differ, of ``compared`` in all.
    """

    compared: int
    orders: tuple[OrderBeside, ...]
    executions_ours: Executions
    executions_theirs: Executions
    assets: tuple[AssetBeside, ...]


class LookView(Contract):
    """Looks at the broker's account that came to the same, from ``first_at`` to ``at``.

    ``picture`` is that of the last of them, after repairs; null where the broker was silent. ``why`` it was,
    or which assets are unexplained.
    """

    run_id: UUID
    first_at: Utc
    at: Utc
    outcome: Outcome
    by: str
    why: str | None
    picture: Picture | None


class RepairView(Contract):
    """One change of the books, by reconciliation or by a person."""

    number: int
    run_id: UUID | None
    at: Utc
    kind: RepairKind
    asset: str
    order_id: UUID | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    by: str


class FrozenView(Contract):
    """A symbol, or ``cash``, that takes no new risk until a person has explained it."""

    asset: str
    since: Utc
    why: str


class ExplainedView(Contract):
    """A difference that a person has explained: the broker has ``amount`` more than the books."""

    asset: str
    amount: Amount
    at: Utc
    by: str
    note: str


class ReconciliationView(Contract):
    """How our books stand to the broker's; repairs and external orders newest first."""

    start: Start | None
    last: LookView | None
    last_answered: LookView | None
    frozen: tuple[FrozenView, ...]
    explained: tuple[ExplainedView, ...]
    repairs: tuple[RepairView, ...]
    external: tuple[OrderView, ...]


class ReleaseBody(Contract):
    """Which symbol, or ``cash``, takes new risk again, and why its difference is explained."""

    asset: Annotated[str, Field(min_length=1, max_length=32)]
    note: Annotated[str, Field(min_length=1, max_length=1000)]
