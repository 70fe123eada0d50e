"""A new store that begins in a later phase, for runs over history: with its packs, and said so on record."""

from sqlalchemy import Connection

from policy.ports import Clock
from policy.rollout.moving import Move, record_move
from policy.rollout.phases import Phase, standing_phase
from policy.shelf import Shelf


class NotNew(Exception):
    """The store has begun already; only ``Rollout`` moves it from phase to phase."""


def begin_in(shelf: Shelf, clock: Clock, phase: Phase, by: str) -> None:
    """Let the store of ``shelf``, in which nothing was ever in force, begin in ``phase``, by ``by``'s word.

    The shelf is stocked in the same transaction, and its library adds the packs of the phase: no store is
    ever in a phase whose packs do not judge. Raises ``NotNew`` for a store that has a phase or a shelf.
    """

    def recorded(connection: Connection) -> None:
        standing = standing_phase(connection)
        if standing.number:
            raise NotNew(_BEGUN)
        record_move(connection, Move(standing, phase, "start", by, None, "a run that begins here"), clock)

    if not shelf.stock(recorded):
        raise NotNew(_BEGUN)


_BEGUN = "the store has begun already; name a new one, or use `trivet phase advance`"
