"""Idempotency keys: who asked for what, claimed before anything happens, answered the same ever after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update

from adapters.execution.tables import idempotency_keys as keys
from policy.bulk import insert_new_rows
from policy.canonical import canonical, digest
from policy.order_contracts import OrderRequest, decimal_text
from policy.ports import derived_id

_ONE = select(keys).where(keys.c.scope == bindparam("of"), keys.c.key == bindparam("named"))


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key within its owner's ``scope``: everything about the order is named after it."""

    scope: str
    key: str

    @property
    def order_id(self) -> UUID:
        """The id of the key's one order."""
        return derived_id("order", self.scope, self.key)

    @property
    def client_order_id(self) -> UUID:
        """What the broker knows the order by, so that it guards a second time."""
        return derived_id("client-order", self.scope, self.key)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is on record under a key; ``status`` and ``answer`` are None until the answer is known."""

    payload_hash: str
    order_id: UUID
    status: int | None
    answer: str | None


def payload_hash(request: OrderRequest) -> str:
    """Equal for equal requests, however they were written: ``10`` and ``10.0`` are one."""
    told: Mapping[str, Any] = {
        "signal_id": str(request.signal_id),
        "symbol": request.symbol,
        "side": request.side,
        "qty": decimal_text(request.qty),
        "order_type": request.order_type,
        "limit_price": None if request.limit_price is None else decimal_text(request.limit_price),
    }
    return digest(canonical(told))


def claim(connection: Connection, key: Key, payload: str, now: datetime) -> bool:
    """Take ``key`` for the payload that hashes to ``payload``; False when it was taken before."""
    row = {
        "scope": key.scope,
        "key": key.key,
        "payload_hash": payload,
        "order_id": key.order_id,
        "created_at": now,
    }
    return bool(insert_new_rows(connection, keys, [row], "order_id"))


def claimed(connection: Connection, key: Key) -> Claim | None:
    """What is on record under ``key``; None when nobody has used it."""
    row = connection.execute(_ONE, {"of": key.scope, "named": key.key}).first()
    return Claim(row.payload_hash, row.order_id, row.status, row.answer) if row is not None else None


def answer(connection: Connection, order_id: UUID, status: int, text: str) -> None:
    """Keep the answer to whoever asked for ``order_id``; an answer that is there stays.

    Orders that nobody asked for under a key have no row, and nothing happens.
    """
    unanswered = (keys.c.order_id == order_id, keys.c.status.is_(None))
    connection.execute(update(keys).where(*unanswered).values(status=status, answer=text))
