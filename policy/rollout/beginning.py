"""A new store that begins in a later phase, for runs over history: with its packs, and said so on record."""

from sqlalchemy import Connection, Engine, select

from policy.ports import Clock
from policy.rollout.moving import Move, record_move
from policy.rollout.phases import Phase, standing_phase
from policy.store import writing
from policy.tables import pack_activations as activations


class NotNew(Exception):
    """The store has begun already; only ``Rollout`` moves it from phase to phase."""


def begin_in(store: Engine, clock: Clock, phase: Phase, by: str) -> None:
    """Let ``store``, in which nothing was ever in force, begin in ``phase``; ``by`` goes on record.

    Its packs come with the shelf that the store is stocked with next. Raises ``NotNew`` for a store that
    has a phase or a shelf.
    """
    with writing(store) as connection:
        if not _is_new(connection):
            raise NotNew("the store has begun already; name a new one, or use `trivet phase advance`")
        standing = standing_phase(connection)
        record_move(connection, Move(standing, phase, "start", by, None, "a run that begins here"), clock)


def _is_new(connection: Connection) -> bool:
    stocked = connection.scalar(select(activations.c.id).limit(1))
    return stocked is None and standing_phase(connection).number == 0
