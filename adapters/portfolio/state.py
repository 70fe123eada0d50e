"""A ledger as plain JSON values and back, exactly: what a checkpoint keeps of a book."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.portfolio.ledger import Approval, Ledger


def state_of(ledger: Ledger) -> dict[str, Any]:
    """``ledger`` in JSON values: decimals and times as text."""
    return {
        "cash": str(ledger.cash),
        "opened_with": str(ledger.opened_with),
        "session": ledger.session.isoformat() if ledger.session else None,
        "filled_at": ledger.filled_at.isoformat() if ledger.filled_at else None,
        "positions": dict(sorted(ledger.positions.items())),
        "marks": {symbol: str(price) for symbol, price in sorted(ledger.marks.items())},
        "waiting": [_approval_state(ledger.waiting[key]) for key in sorted(ledger.waiting)],
    }


def ledger_from_state(state: Mapping[str, Any]) -> Ledger:
    """The ledger that ``state_of`` described; raises KeyError or ValueError on anything else."""
    approvals = [_approval(entry) for entry in state["waiting"]]
    return Ledger(
        cash=Decimal(state["cash"]),
        opened_with=Decimal(state["opened_with"]),
        session=date.fromisoformat(state["session"]) if state["session"] else None,
        filled_at=datetime.fromisoformat(state["filled_at"]) if state["filled_at"] else None,
        positions=dict(state["positions"]),
        marks={symbol: Decimal(price) for symbol, price in state["marks"].items()},
        waiting={approval.decision_id: approval for approval in approvals},
    )


def _approval_state(approval: Approval) -> dict[str, str]:
    return {
        "decision_id": approval.decision_id,
        "symbol": approval.symbol,
        "action": approval.action,
        "size_pct": str(approval.size_pct),
        "at": approval.at.isoformat(),
    }


def _approval(entry: Mapping[str, Any]) -> Approval:
    return Approval(
        decision_id=entry["decision_id"],
        symbol=entry["symbol"],
        action=entry["action"],
        size_pct=Decimal(entry["size_pct"]),
        at=datetime.fromisoformat(entry["at"]),
    )
