"""Permits as rows: added once for each signal and each order, chained like the decisions they rest on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, exists, select

from policy.audit.chain import Head, hash_of, locked_head, moved
from policy.bulk import insert, insert_new_rows, speller
from policy.tables import permits

CHAIN_PREFIX = "permits/"
_HASHED = tuple(column.name for column in permits.columns if column.name != "hash")
_spelled = speller(permits, _HASHED)
_USED = select(exists().where(permits.c.signal_id == bindparam("signal")))
_CLIENT = select(exists().where(permits.c.client_order_id == bindparam("client")))
_ONE = select(permits).where(permits.c.order_id == bindparam("order"))


def add(connection: Connection, chain: str, row: Mapping[str, Any]) -> bool:
    """Make ``row`` the next link of the permits' chain; False when its signal or order has a permit."""
    name = CHAIN_PREFIX + chain
    head = locked_head(connection, name)
    link = {**row, "chain": name, "seq": head.seq + 1, "prev_hash": head.hash}
    link["hash"] = permit_hash(link)
    if not insert_new_rows(connection, permits, [link], "permit_id"):
        return False
    insert(connection, moved(name, Head(head.seq + 1, link["hash"])))
    return True


def permit_hash(link: Mapping[str, Any]) -> str:
    """The hash that a link must have by its content."""
    return hash_of(_spelled(link))


def used(connection: Connection, signal_id: UUID) -> bool:
    """Whether the signal's permit has been given."""
    return bool(connection.scalar(_USED, {"signal": signal_id}))


def has_client(connection: Connection, client_order_id: UUID) -> bool:
    """Whether the order of a permit goes by ``client_order_id`` at the broker."""
    return bool(connection.scalar(_CLIENT, {"client": client_order_id}))


def of_order(connection: Connection, order_id: UUID) -> Row[Any] | None:
    """The permit of an order; None where none was given."""
    return connection.execute(_ONE, {"order": order_id}).first()
