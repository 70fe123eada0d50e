"""Whether a store can be lived on in: its time, the broker that has what is held, and quotes of all that."""

from sqlalchemy import Connection, Engine

from adapters.execution import store as rows
from adapters.execution.bookkeeping import CASH, held
from adapters.settings import Settings
from adapters.storage.checkpoints import Checkpoint
from adapters.wiring.live.market import live_symbols
from adapters.wiring.refusal import Refused
from policy.store import reading

BROKER = "broker"
"""In the ``plan`` of a live house: the broker that its orders go to."""


def refuse_another_book(settings: Settings, store: Engine, resumed: Checkpoint | None) -> None:
    """Raise ``Refused`` where a live house cannot go on with ``store``; a new store always fits."""
    if resumed is None:
        return
    if not resumed.is_live:
        raise Refused(
            "this store was played in, and its book is of other days; start live in a folder of its own, "
            "TRIVET_HOME, or set the old one aside with --fresh"
        )
    with reading(store) as connection:
        at_stake = _at_stake(connection)
    if at_stake:
        _refuse_another_broker(settings, resumed, ", ".join(sorted(at_stake)))
    if unseen := ", ".join(sorted(at_stake - set(live_symbols(settings)))):
        raise Refused(
            f"the book holds or orders {unseen}, of which there would be no quotes any more, so that nobody "
            "could leave it; name it in TRIVET_SYMBOLS, or in --symbols, as long as it is held"
        )


def _at_stake(connection: Connection) -> set[str]:
    """The symbols that are held, or of which orders may be at work."""
    return {order.symbol for order in rows.working(connection)} | set(held(connection)) - {CASH}


def _refuse_another_broker(settings: Settings, resumed: Checkpoint, at_stake: str) -> None:
    before = resumed.state["plan"].get(BROKER, settings.broker)
    if before != settings.broker:
        raise Refused(
            f"what this book holds or orders, {at_stake}, is with the broker {before}, and {settings.broker} "
            f"knows nothing of it; go on with TRIVET_BROKER={before} until it is left"
        )
