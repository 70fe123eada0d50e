"""What a person has to look at: alerts, and symbols frozen until somebody has explained their position."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.execution.reconciliation.looks import difference_seen
from adapters.execution.reconciliation.picture import asset_word
from adapters.execution.reconciliation.repairs import Repaired, note_repair
from adapters.execution.reconciliation.tables import explained_differences
from adapters.execution.tables import execution_alerts, frozen_symbols
from policy.contracts import utc_text
from policy.order_contracts import decimal_text
from policy.store import reading, writing

_ZERO = Decimal(0)


class NotFrozen(LookupError):
    """The symbol takes new risk already."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; ``detail`` has what was expected and what was found."""

    at: datetime
    what: str
    symbol: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explained:
    """The broker has ``amount`` more of ``asset`` than the books, shares or dollars, and ``by`` said why."""

    asset: str
    amount: Decimal
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Unexplained:
    """What is frozen, symbols and ``cash``, with the reason of each, and the newest alerts, newest first."""

    frozen: Mapping[str, str]
    alerts: tuple[Alert, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        alerts = [
            {"at": utc_text(one.at), "what": one.what, "symbol": one.symbol, "detail": dict(one.detail)}
            for one in self.alerts
        ]
        return {"frozen": dict(sorted(self.frozen.items())), "alerts": alerts}


def unexplained(store: Engine, most: int) -> Unexplained:
    """What waits for a person now, with at most ``most`` alerts."""
    newest = select(execution_alerts).order_by(execution_alerts.c.id.desc()).limit(most)
    with reading(store) as connection:
        alerts = [
            Alert(row.at, row.what, row.symbol and asset_word(row.symbol), row.detail)
            for row in connection.execute(newest)
        ]
        frozen = {asset_word(asset): why for asset, why in rows.frozen(connection).items()}
        return Unexplained(frozen, tuple(alerts))


_OLDEST = select(func.min(frozen_symbols.c.since))
_HOW_MANY = select(func.count()).select_from(frozen_symbols)


def oldest_unexplained(connection: Connection) -> datetime | None:
    """Since when the symbol or cash that was frozen first waits for a person; None where nothing does."""
    since: datetime | None = connection.scalar(_OLDEST)
    return since


def unexplained_differences(connection: Connection) -> int:
    """How many symbols, the cash among them, are frozen until a person has explained them."""
    return connection.scalar(_HOW_MANY) or 0


def explained(connection: Connection) -> dict[str, Decimal]:
    """By how much the broker has more of each asset than the books, as a person has explained it."""
    return {row.asset: row.amount for row in connection.execute(select(explained_differences))}


def shared(owned: Mapping[str, Decimal], explained: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What both sides have of what is ``owned``: shares that only the books have are not there to be sold."""
    return {asset: amount + min(_ZERO, explained.get(asset, _ZERO)) for asset, amount in owned.items()}


def sure_shares(connection: Connection) -> dict[str, Decimal]:
    """Shares by symbol that are there beyond doubt, in the books and at the broker; what can be sold."""
    owned = held(connection)
    owned.pop(CASH, None)
    return shared(owned, explained(connection))


def release(store: Engine, symbol: str, by: str, note: str, now: datetime) -> None:
    """Let ``symbol`` take new risk again, on record with who said so and why; raises ``NotFrozen``.

    The difference that the last look saw counts as explained from then on; another one freezes it anew.
    """
    with writing(store) as connection:
        why = rows.frozen(connection).get(symbol)
        if why is None:
            raise NotFrozen(symbol)
        connection.execute(delete(frozen_symbols).where(frozen_symbols.c.symbol == symbol))
        amount = difference_seen(connection, symbol)
        explain(connection, Explained(symbol, amount, now, by, note))
        rows.alert(connection, now, "released", symbol, by=by, note=note, was=why)
        let_go = {"frozen": False, "note": note, "explained": decimal_text(amount)}
        note_repair(connection, Repaired("released", symbol, {"frozen": True, "why": why}, let_go, now, by))


def explain(connection: Connection, one: Explained) -> None:
    """Take ``one`` for explained, in place of what was explained of its asset before; 0 explains nothing."""
    connection.execute(delete(explained_differences).where(explained_differences.c.asset == one.asset))
    if one.amount:
        connection.execute(insert(explained_differences).values(asdict(one)))
