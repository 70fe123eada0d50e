"""The key that the screens show where every call needs one, in a file of the data folder."""

from pathlib import Path

from sqlalchemy import Engine

from adapters.access.local_key import FILE
from adapters.servers.secret import write_private
from policy.access.callers import ROLES
from policy.access.keys import Dice, keep_key, key_of_token, new_key
from policy.ports import Clock
from policy.store import writing

NAME = "screens"
"""As whom they are on record."""


def ensure_screens_key(home: Path, store: Engine, clock: Clock, dice: Dice) -> Path:
    """The file with the screens' key, which ``store`` knows; the same one at every call.

    It has every role, as whoever sits before the screens may do everything there.
    """
    path, now = home / FILE, clock.now()
    home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        token, _ = new_key(NAME, ROLES, NAME, now, None, dice)
        write_private(path, token + "\n")
    token = path.read_text(encoding="ascii").strip()
    with writing(store) as connection:
        keep_key(connection, key_of_token(token, NAME, ROLES, NAME, now))
    return path
