"""The sandbox broker put together from settings: for orders in its phase, and to be looked at at any time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from adapters.brokers.alpaca.address import paper_address
from adapters.brokers.alpaca.broker import AlpacaBroker, Objection, Terms
from adapters.brokers.alpaca.checking import AccountLook, look_at
from adapters.brokers.alpaca.line import Patience
from adapters.brokers.alpaca.stream import LISTENING, Rhythm
from adapters.brokers.alpaca.tables import alpaca_progress
from adapters.ports import BrokerSilent
from adapters.settings import Settings
from adapters.wiring.refusal import Refused
from adapters.wiring.store import store_of
from policy.permits import OrderPermit
from policy.ports import Clock
from policy.rollout.phases import Phase, PhaseUnreadable, phase_in_force
from policy.store import reading

_NO_MARKET = (
    "a live market: recorded ones are played, and nothing of them goes here; set TRIVET_MARKET=alpaca"
)
FURTHEST_APART_SECONDS = 5.0
"""How far the broker's clock and ours may be apart before times cannot be compared."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A look at the account, and what is missing before the house could trade on it, in words."""

    look: AccountLook
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**self.look.to_json(), "missing": list(self.missing)}


def sandbox_broker(settings: Settings, store: Engine, clock: Clock) -> AlpacaBroker:
    """The broker of the settings' paper account, for phase sandbox; its stream is not started.

    Raises ``Refused`` without keys, ``UnsafeSettings`` for any address that is not for paper.
    """
    return AlpacaBroker(store, clock, sandbox_terms(settings), only_in_its_phase(store))


def sandbox_terms(settings: Settings) -> Terms:
    """How the account is reached; raises as ``sandbox_broker`` does."""
    keys = {"TRIVET_ALPACA_KEY_ID": settings.alpaca_key_id, "TRIVET_ALPACA_SECRET": settings.alpaca_secret}
    told = {name: key.get_secret_value() for name, key in keys.items() if key is not None}
    if missing := ", ".join(name for name in keys if not told.get(name)):
        raise Refused(f"the sandbox broker needs {missing}; make paper keys in Alpaca's dashboard and set it")
    seconds = settings.broker_seconds
    return Terms(
        paper_address(settings.alpaca_url),
        told["TRIVET_ALPACA_KEY_ID"],
        told["TRIVET_ALPACA_SECRET"],
        Patience(connect=seconds, read=seconds, whole=3 * seconds),
        Rhythm(open=seconds),
    )


def only_in_its_phase(store: Engine) -> Objection:
    """Objects to every order outside phase sandbox, but for exits: what is held there may always be left.

    Execution refuses the same by the limits of the phase; this holds where that was passed by.
    """

    def objection(permit: OrderPermit) -> str | None:
        if permit.kind == "exit":
            return None
        try:
            with reading(store) as connection:
                phase = phase_in_force(connection)
        except PhaseUnreadable as unreadable:
            return str(unreadable)
        if phase is Phase.SANDBOX:
            return None
        return f"the house is in phase {phase.value}, and this broker is for {Phase.SANDBOX.value} alone"

    return objection


def check_sandbox(settings: Settings, now: datetime) -> Checked:
    """A look at the account with what is missing; raises as ``sandbox_broker`` does, and ``BrokerSilent``."""
    look = look_at(sandbox_terms(settings))
    with store_of(settings) as store, reading(store) as connection:
        phase = phase_in_force(connection)
        is_new = connection.scalar(select(alpaca_progress.c.at).limit(1)) is None
    at_start = _missing_at_start(settings, look) if is_new else []
    market = [_NO_MARKET] if settings.market == "played" else []
    return Checked(look, (*_missing(look, phase, now), *at_start, *market))


def refuse_unfit_account(settings: Settings, store: Engine) -> None:
    """Raise ``Refused`` where a new book would begin with an account that has other cash, or holds something.

    Raises it as well where the account cannot be seen, and as ``sandbox_broker`` does.
    """
    with reading(store) as connection:
        if connection.scalar(select(alpaca_progress.c.at).limit(1)) is not None:
            return
    try:
        missing = _missing_at_start(settings, look_at(sandbox_terms(settings)))
    except BrokerSilent as silent:
        raise Refused(f"the account at {settings.alpaca_url} cannot be seen: {silent}") from silent
    if missing:
        raise Refused(f"a new book needs {'; and '.join(missing)}")


def _missing(look: AccountLook, phase: Phase, now: datetime) -> list[str]:
    apart = abs((look.time - now).total_seconds())
    looked_for = [
        (look.blocked is not None, f"the account takes no orders: {look.blocked}"),
        (look.stream != LISTENING, f"the stream of trade updates: {look.stream}"),
        (apart > FURTHEST_APART_SECONDS, f"its clock and ours are {apart:.0f} seconds apart; set ours"),
        (
            phase is not Phase.SANDBOX,
            f"phase sandbox: {phase.value} is in force; trivet phase show says what it takes",
        ),
    ]
    return [words for is_missing, words in looked_for if is_missing]


def _missing_at_start(settings: Settings, look: AccountLook) -> list[str]:
    """What a book needs that begins with this account: the same cash, and nothing held."""
    cash = (
        f"the same cash: the account has {look.cash} dollars and a new book begins with "
        f"{settings.starting_cash}; set TRIVET_STARTING_CASH={look.cash}"
    )
    looked_for = [
        (look.cash != settings.starting_cash, cash),
        (bool(look.positions), "an account that holds nothing: close its positions before a book begins"),
    ]
    return [words for is_missing, words in looked_for if is_missing]
