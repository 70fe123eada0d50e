"""An account as plain JSON values and back, exactly: what a checkpoint keeps of the portfolio."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.portfolio.account import Account, Provisional
from adapters.portfolio.position import Position

_MONEY = ("starting_cash", "cash", "opened_with", "lowest", "realised_before", "fees_before")
_POSITION = tuple(one.name for one in fields(Position))


def state_of(account: Account) -> dict[str, Any]:
    """``account`` in JSON values: decimals and times as text."""
    positions, provisional = account.positions, account.provisional
    return {
        **{name: str(getattr(account, name)) for name in _MONEY},
        "positions": {symbol: _texts(positions[symbol]) for symbol in sorted(positions)},
        "marks": {symbol: str(mark) for symbol, mark in sorted(account.marks.items())},
        "provisional": {key: _provisional_state(provisional[key]) for key in sorted(provisional)},
        "applied": account.applied,
        "as_of": account.as_of.isoformat() if account.as_of else None,
        "session": account.session.isoformat() if account.session else None,
        "opened_at": account.opened_at.isoformat() if account.opened_at else None,
    }


def account_from_state(state: Mapping[str, Any]) -> Account:
    """The account that ``state_of`` described; raises KeyError, TypeError or ValueError on anything else."""
    provisional = state["provisional"].items()
    return Account(
        **{name: Decimal(state[name]) for name in _MONEY},
        positions={symbol: _position(texts) for symbol, texts in state["positions"].items()},
        marks={symbol: Decimal(mark) for symbol, mark in state["marks"].items()},
        provisional={key: Provisional(one["symbol"], _position(one["effect"])) for key, one in provisional},
        applied=int(state["applied"]),
        as_of=datetime.fromisoformat(state["as_of"]) if state["as_of"] else None,
        session=date.fromisoformat(state["session"]) if state["session"] else None,
        opened_at=datetime.fromisoformat(state["opened_at"]) if state["opened_at"] else None,
    )


def _provisional_state(one: Provisional) -> dict[str, Any]:
    return {"symbol": one.symbol, "effect": _texts(one.effect)}


def _texts(position: Position) -> dict[str, str]:
    return {name: str(getattr(position, name)) for name in _POSITION}


def _position(texts: Mapping[str, str]) -> Position:
    return Position(**{name: Decimal(texts[name]) for name in _POSITION})
