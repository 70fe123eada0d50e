"""Leave to send one order, and nothing but that order: what brokers take in place of trust."""

from dataclasses import InitVar, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row

from engine import Verdict
from policy import denials
from policy.asked_again import AskedAgain, question
from policy.contracts import Action
from policy.decisions import decision_of, standing
from policy.house_facts import NO_BOOKS
from policy.order_contracts import OrderReason
from policy.packs import PackLoader
from policy.permit_rows import add, has_client, of_order, used
from policy.ports import Clock, ContextSource, HouseFacts, derived_id
from policy.record import Finding, decision_from, record

PermitKind = Literal["signal", "exit"]
EXIT_TTL = timedelta(seconds=60)
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


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that wants a permit: ``qty`` shares at about ``price`` dollars, of an ``equity`` in dollars.

    ``price`` and ``equity`` are the house's own; None where it has none.
    """

    order_id: UUID
    client_order_id: UUID
    signal_id: UUID
    symbol: str
    side: Action
    qty: Decimal
    price: Decimal | None
    equity: Decimal | None


@dataclass(frozen=True, slots=True)
class ExitAsked:
    """An order that only reduces: ``position`` shares are held, ``leaving`` of them on sale already."""

    order_id: UUID
    client_order_id: UUID
    symbol: str
    side: Action
    qty: Decimal
    position: Decimal
    leaving: Decimal
    price: Decimal | None
    market_open: bool


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a permit may be given: the decision that stands, and the rules' answer of just now."""

    asked: Asked
    decision_id: UUID
    expires_at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Denied:
    """Why none is given, and the decision that stands for the signal, if there is one."""

    reason: OrderReason
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class Permits:
    """Gives permits over one store; every method works in the caller's transaction."""

    clock: Clock
    contexts: ContextSource
    loader: PackLoader
    chain: str
    books: HouseFacts = NO_BOOKS

    def examine(self, connection: Connection, asked: Asked) -> Grounds | Denied:
        """Whether ``asked`` may be sent; what the rules said now is recorded either way.

        The signal must stand approved, unexpired, for this symbol and side and at least this size, and
        the packs that decided, and those that came into force since, must not object on what the house
        itself measures. A REVIEW reason that a person has waived is no objection.
        """
        row = standing(connection, asked.signal_id)
        if row is None:
            return Denied(denials.no_decision(), None)
        if (reason := self._stands(connection, row, asked)) is not None:
            return Denied(reason, row.decision_id)
        asking = question(row, self.clock.now(), self.contexts, self.loader, missing="absent")
        again = asking.put(connection, self.books, asked.qty)
        if again.judgement.proposal.market_context is None:
            return Denied(denials.no_quote(asked.symbol), row.decision_id)
        objection = _objection(again, row) or _not_covered(again, row, asked)
        self._record(connection, row, again, asked, granted=objection is None)
        return _grounds(row, again, asked) if objection is None else Denied(objection, row.decision_id)

    def grant(self, connection: Connection, grounds: Grounds) -> OrderPermit | OrderReason:
        """The permit for what was examined in the same transaction; a signal's permit is given once."""
        asked = grounds.asked
        permit = OrderPermit(
            permit_id=derived_id("permit", asked.order_id),
            order_id=asked.order_id,
            client_order_id=asked.client_order_id,
            kind="signal",
            signal_id=asked.signal_id,
            symbol=asked.symbol,
            side=asked.side,
            qty=asked.qty,
            expires_at=grounds.expires_at,
            seal=_SEAL,
        )
        assert asked.price is not None
        row = _permit_row(permit, asked.price, self.clock.now(), grounds.decision_id, grounds.facts)
        return permit if add(connection, self.chain, row) else denials.used(asked.signal_id)

    def grant_exit(self, connection: Connection, asked: ExitAsked) -> OrderPermit | OrderReason:
        """Leave to reduce a position; held back only by a closed market, no price, or not reducing."""
        if not asked.market_open:
            return denials.market_closed()
        if asked.price is None:
            return denials.no_quote(asked.symbol)
        if not _reduces(asked):
            return denials.not_reducing(asked.side, asked.qty, asked.position, asked.leaving)
        now = self.clock.now()
        permit = OrderPermit(
            permit_id=derived_id("permit", asked.order_id),
            order_id=asked.order_id,
            client_order_id=asked.client_order_id,
            kind="exit",
            signal_id=None,
            symbol=asked.symbol,
            side=asked.side,
            qty=asked.qty,
            expires_at=now + EXIT_TTL,
            seal=_SEAL,
        )
        grounds = {"position": str(asked.position), "leaving": str(asked.leaving), "market_open": True}
        add(connection, self.chain, _permit_row(permit, asked.price, now, None, grounds))
        return permit

    def recall(self, connection: Connection, order_id: UUID) -> OrderPermit | None:
        """The permit that was given to an order, as it was given; None where none was."""
        row = of_order(connection, order_id)
        if row is None:
            return None
        names = ("permit_id", "order_id", "client_order_id", "kind", "signal_id", "symbol", "side", "qty")
        told = {name: getattr(row, name) for name in names}
        return OrderPermit(**told, expires_at=row.expires_at, seal=_SEAL)

    def knows(self, connection: Connection, client_order_id: UUID) -> bool:
        """Whether a permit was given to the order that a broker knows by ``client_order_id``."""
        return has_client(connection, client_order_id)

    def _stands(self, connection: Connection, row: Row[Any], asked: Asked) -> OrderReason | None:
        """Why the decision on record does not carry this order, before the rules are asked again."""
        if row.verdict != "APPROVE":
            return denials.no_decision()
        if used(connection, asked.signal_id):
            return denials.used(asked.signal_id)
        if row.expires_at <= self.clock.now():
            return denials.expired(row.expires_at)
        if (row.symbol, row.candidate_action) != (asked.symbol, asked.side):
            return denials.another_deal(row.candidate_action, row.symbol)
        return denials.no_quote(asked.symbol) if asked.price is None else None

    def _record(
        self, connection: Connection, row: Row[Any], again: AskedAgain, asked: Asked, *, granted: bool
    ) -> None:
        decision = decision_from(again.judgement, None, derived_id("permit", asked.order_id))
        changes: dict[str, Any] = {"review_id": None}
        if granted:
            hits = again.judgement.hits
            changes |= {"decision": "APPROVE", "reasons": (), "waived": hits, "expires_at": row.expires_at}
        finding = Finding(
            again.judgement, decision.model_copy(update=changes), again.facts_source, purpose="permit"
        )
        record(connection, self.chain, [finding])


def _objection(again: AskedAgain, row: Row[Any]) -> OrderReason | None:
    judgement = again.judgement
    if judgement.verdict is Verdict.REJECT:
        return denials.rules_now_reject(judgement.hits)
    waived = {hit.rule for hit in decision_of(row).waived}
    if unseen := [hit for hit in judgement.hits if hit.rule not in waived]:
        return denials.rules_now_review(unseen)
    return None


def _not_covered(again: AskedAgain, row: Row[Any], asked: Asked) -> OrderReason | None:
    """The order must fit into what was approved then and would be approved now, whichever is less."""
    if asked.price is None or asked.equity is None:
        return denials.no_equity()
    approved = decision_of(row).approved_size_pct
    allowed = _size(min(again.judgement.size_pct, approved or 0.0)) * asked.equity
    cost = asked.qty * asked.price
    return None if cost <= allowed else denials.too_large(asked.qty, asked.price, int(allowed / asked.price))


def _size(fraction: float) -> Decimal:
    return Decimal(repr(fraction))


def _grounds(row: Row[Any], again: AskedAgain, asked: Asked) -> Grounds:
    size = min(again.judgement.size_pct, decision_of(row).approved_size_pct or 0.0)
    facts = {"approved_size_pct": size, "equity": str(asked.equity)}
    return Grounds(asked, row.decision_id, row.expires_at, facts)


def _reduces(asked: ExitAsked) -> bool:
    """By size: what leaves already and this order together never exceed what is held, on its own side."""
    held = asked.position if asked.side == "SELL" else -asked.position
    return 0 < asked.qty <= held - asked.leaving


def _permit_row(
    permit: OrderPermit, price: Decimal, now: datetime, decision_id: UUID | None, grounds: dict[str, Any]
) -> dict[str, Any]:
    return {
        "permit_id": permit.permit_id,
        "order_id": permit.order_id,
        "client_order_id": permit.client_order_id,
        "kind": permit.kind,
        "signal_id": permit.signal_id,
        "decision_id": decision_id,
        "symbol": permit.symbol,
        "side": permit.side,
        "qty": permit.qty,
        "price": price,
        "grounds": grounds,
        "granted_at": now,
        "expires_at": permit.expires_at,
    }
