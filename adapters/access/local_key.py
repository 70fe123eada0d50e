"""The key that this machine's own Trivet makes for its own screens, in a file of the data folder."""

import os
import stat
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import Engine

from adapters.settings import UnsafeSettings
from policy.access.callers import LOCAL, ROLES
from policy.access.keys import Dice, keep_key, key_of_token, keys_by_prefix, new_key, prefix_of
from policy.ports import Clock
from policy.store import writing

FILE = "local.key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def ensure_local_key(home: Path, store: Engine, clock: Clock, dice: Dice) -> Path:
    """The file with a key of every role that ``store`` knows, made where it is missing or was revoked.

    Only its owner may read the file. Raises ``UnsafeSettings`` where others may, or where it holds no key.
    """
    path, now = home / FILE, clock.now()
    home.mkdir(parents=True, exist_ok=True)
    token = _read(path) or _made(path, now, dice)
    with writing(store) as connection:
        known = keys_by_prefix(connection).get(prefix_of(token) or "")
        if known is not None and known.revoked_at is not None:
            path.unlink()
            token = _made(path, now, dice)
        keep_key(connection, key_of_token(token, LOCAL.name, ROLES, LOCAL.name, now))
    return path


def _read(path: Path) -> str | None:
    if not path.exists():
        return None
    if path.stat().st_mode & _OTHERS:
        raise UnsafeSettings(f"{path} can be read by others; chmod 600 it, or remove it for a new one")
    token = path.read_text(encoding="ascii").strip()
    if prefix_of(token) is None:
        raise UnsafeSettings(f"{path} holds no key of Trivet; remove it, and a new one is made")
    return token


def _made(path: Path, now: datetime, dice: Dice) -> str:
    """A new token in a new file; that of another process, where one was quicker."""
    token, _ = new_key(LOCAL.name, ROLES, LOCAL.name, now, None, dice)
    opened, name = mkstemp(prefix=f"{FILE}.", dir=path.parent)  # which only its owner can read
    beside = Path(name)
    with os.fdopen(opened, "w", encoding="ascii") as file:
        file.write(token + "\n")
    try:
        os.link(beside, path)  # whole or not at all, and never over one that is there
    except FileExistsError:
        return _read(path) or token
    finally:
        beside.unlink()
    return token
