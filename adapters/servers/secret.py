"""Passwords of our own servers: made once, kept in a file that its owner alone reads."""

import os
import secrets
from pathlib import Path


def kept_secret(place: Path) -> str:
    """The password kept at ``place``, made at the first call."""
    if not place.exists():
        write_private(place, secrets.token_urlsafe(24))
    return place.read_text().strip()


def write_private(place: Path, text: str) -> None:
    """Write ``text`` whole to a file that nobody else may read, not even for a moment."""
    beside = place.with_name(place.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    beside.replace(place)
