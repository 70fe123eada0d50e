"""The execution service: what callers, the house and its clock may ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.execution import keys
from adapters.execution import store as rows
from adapters.execution.changing import Changing, no_such_order
from adapters.execution.excess import Excess
from adapters.execution.flattening import Flattened, Flattening
from adapters.execution.hearing import Hearing
from adapters.execution.keys import Claim, Key
from adapters.execution.overnight import Overnight
from adapters.execution.parts import Parts
from adapters.execution.placing import CALLER, Placing
from adapters.execution.reconciliation.compare import Repair
from adapters.execution.reconciliation.looking import Looking
from adapters.execution.reconciliation.mending import BY, Mending
from adapters.execution.reconciliation.shown import reconciled
from adapters.execution.recovery import recover
from adapters.execution.sending import Sending
from adapters.execution.stopping.heartbeats import Heartbeats, Pulse
from adapters.execution.stopping.obeying import Obeyed, Obeying
from adapters.execution.stopping.watching import Looked, Watching
from adapters.execution.unexplained import release
from adapters.execution.views import detail_of, view_of
from policy.contracts import Decision
from policy.order_contracts import OrderDetail, OrderRequest, OrderView, ShownState
from policy.ports import Clock
from policy.problems import Problem
from policy.reconciliation_contracts import ReconciliationView
from policy.rollout.phases import PhaseUnreadable
from policy.store import reading

PATIENCE_SECONDS = 2.0
_RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a caller: HTTP status, body, and whether it was given before."""

    status: int
    text: str
    replayed: bool


class Execution:
    """Orders from permit to their end; safe to be called from several threads."""

    def __init__(
        self, parts: Parts, real: Clock | None = None, pulses: Mapping[str, Pulse] | None = None
    ) -> None:
        """``real`` is the clock by which people wait, the house's own without it; ``pulses`` ask components
        in other processes that the gate depends on, by name."""
        self._parts = parts
        self._sending = Sending(parts)
        self._placing = Placing(parts)
        self._hearing = Hearing(parts, self._sending)
        self._looking = Looking(parts, Mending(parts, self._sending))
        self._excess = Excess(parts, self._sending)
        self._changing = Changing(parts, self._sending)
        self._flattening = Flattening(parts, self._placing, self._sending, self._hearing)
        self._obeying = Obeying(parts, self._sending, self._hearing, real or parts.clock)
        self._overnight = Overnight(parts, self._flattening, self.reconcile_if_working)
        self._watching = Watching(parts, Heartbeats(pulses or {}, real or parts.clock))
        self.tally = parts.tally
        """What was counted."""

    @property
    def parts(self) -> Parts:
        """What this service stands on, to build another like it."""
        return self._parts

    def place(self, key: Key, request: OrderRequest, by: str = CALLER) -> Answered:
        """The one order of ``key``: made, permitted or denied, and sent; asked again, the same answer again.

        ``by`` goes on record as who placed it.
        Raises a 409 problem when the key was used for another payload, and when the first request with
        it has not been answered after two seconds.
        """
        is_new = self._placing.for_caller(key, request, by)
        claim = self._claim(key)
        if claim.payload_hash != keys.payload_hash(request):
            detail = "this Idempotency-Key was used for another order; send a new key with a new order"
            raise Problem(409, "idempotency-key-reused", detail)
        if claim.status is None:
            self._finish(key)
            claim = self._claim(key)
        assert claim.status is not None, "what is sent or denied is answered in the same transaction"
        return Answered(claim.status, claim.answer or "", replayed=not is_new)

    def follow(self, decisions: Sequence[Decision]) -> None:
        """Let the house's own approvals among ``decisions`` become orders, each of them once."""
        approved = [one for one in decisions if one.decision == "APPROVE" and one.source == "house"]
        if approved:
            self._sending.send(self._placing.for_house(approved))
            self.hear()
            if self.stops_standing():
                self.obey()  # an order that was refused may have stopped its strategy

    def cancel(self, order_id: UUID, by: str) -> OrderView:
        """Ask for the end of an order; raises a 404, 409 or 429 problem, see ``Changing.cancel``."""
        self._changing.cancel(order_id, by)
        self.hear()
        return self.one(order_id)

    def flatten(self, symbol: str | None, by: str) -> Flattened:
        """Leave the position in ``symbol``, or every position: BUYs at work are cancelled, the rest sold."""
        return self._flattening.flatten(symbol, by)

    def hear(self) -> int:
        """Apply what the broker has delivered by now; returns how many messages that were."""
        return self._hearing.hear()

    def reconcile(self, by: str = BY) -> Sequence[Repair]:
        """Ask the broker for its account and follow it; returns what had to be repaired."""
        self.hear()
        return self._mended(self._looking.mend(by))

    def reconcile_if_working(self) -> Sequence[Repair]:
        """As ``reconcile``, where an order is at work or the start is not settled; else nothing can differ.

        It runs after every played step, so what came to the same as before is not put on record again.
        """
        if not self._looking.is_needed():
            return ()
        self.hear()
        return self._mended(self._looking.mend(brief=True))

    @property
    def is_settled(self) -> bool:
        """Whether since this process began the books have been settled with the broker's."""
        return self._parts.gate.waits_for is None

    def first_look(self) -> None:
        """Hold the books against the broker's before anything is sent: new risk waits until they are settled.

        A certain broker's answer shows all there is; the look after the step then repairs, in an interrupted
        run when it would have in one that was not. Any other may have news on the way, so it is followed now.
        """
        if self._parts.broker.certain:
            self._looking.compare()
        else:
            self.reconcile()

    def reconciled(self, most: int, since: datetime | None = None) -> ReconciliationView:
        """How the books stand to the broker's, with at most ``most`` repairs, none from before ``since``."""
        view = reconciled(self._parts.store, most, since)
        return view if self._looking.has_begun else view.model_copy(update={"start": None})

    def release(self, asset: str, by: str, note: str) -> None:
        """Let a frozen symbol, or ``bookkeeping.CASH``, take new risk again; raises ``NotFrozen``."""
        release(self._parts.store, asset, by, note, self._parts.clock.now())

    def guard(self) -> int:
        """Let the watchers look, obey every stop that stands, leave what may not be held overnight.

        Returns how much that changed. It stands between two acts of a step and judges by the house's clock.
        """
        looked = self._watching.look()
        asked = self.obey().asked if looked.stopped or self._obeying.under_way.is_set() else 0
        return looked.tripped + asked + self._left_before_close()

    def watch(self, *, settled: bool = False) -> Looked:
        """Let the watchers look in real time, and at the heartbeats; ``settled``: no step is under way."""
        return self._watching.look_between(settled=settled)

    def obey(self) -> Obeyed:
        """Cancel what stops forbid, as far as that is not done yet; see ``Obeying.obey``."""
        return self._obeying.obey()

    def stops_standing(self) -> tuple[int, ...]:
        """The trips that stand now, by number."""
        return self._obeying.standing()

    def recover(self) -> None:
        """Finish what a process that broke off had begun: once, at start, before anything else is done."""
        with self._parts.line:
            self.first_look()
            recover(self._parts, self._sending)
            self.hear()

    def one(self, order_id: UUID) -> OrderDetail:
        """One order with its events and fills; raises a 404 problem when there is none."""
        with reading(self._parts.store) as connection:
            kept = rows.one(connection, order_id)
            if kept is None:
                raise no_such_order(order_id)
            return detail_of(kept.order, rows.history(connection, order_id))

    def listed(
        self, *, state: ShownState | None, before: int | None, limit: int, **equal: Any
    ) -> list[tuple[int, OrderView]]:
        """At most ``limit`` orders, the newest first, each with its number; ``before`` is one to go on from.

        ``equal`` narrows by symbol, signal_id or decision_id; None does not narrow.
        """
        with reading(self._parts.store) as connection:
            found = rows.newest_first(connection, shown=state, before=before, limit=limit, **equal)
        return [(number, view_of(order)) for number, order in found]

    def _left_before_close(self) -> int:
        """How much was left; where nobody knows the phase, the watchers have halted everything for that."""
        try:
            return self._overnight.leave_before_close()
        except PhaseUnreadable:
            return 0

    def _mended(self, repairs: Sequence[Repair]) -> Sequence[Repair]:
        """``repairs``, after which orders may rest that would sell what is gone."""
        if repairs:
            self._excess.end()
        return repairs

    def _claim(self, key: Key) -> Claim:
        with reading(self._parts.store) as connection:
            claim = keys.claimed(connection, key)
        assert claim is not None, "the key was claimed by somebody before"
        return claim

    def _finish(self, key: Key) -> None:
        """Send the key's order if nobody has yet; whoever comes second waits here for the first."""
        if not self._parts.line.acquire(timeout=PATIENCE_SECONDS):
            detail = "the first request with this key is still at work; ask again with the same key"
            raise Problem(409, "idempotency-in-progress", detail, retry_after=_RETRY_AFTER_SECONDS)
        try:
            self._sending.send([key.order_id])
            self.hear()
        finally:
            self._parts.line.release()
