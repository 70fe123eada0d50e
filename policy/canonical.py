"""One spelling for every value that is hashed or compared: canonical JSON and its digest."""

import json
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

# Made once: json.dumps would make an encoder for every call with settings of its own.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; raises ``ValueError`` for NaN and infinities."""
    return _ENCODER.encode(value)


def compact(value: Any) -> str:
    """JSON without spaces, keys as they come: several times faster, for what is kept and not compared.

    Only for finite numbers: NaN and infinities would become words that are not JSON.
    """
    return to_json(value).decode()


def digest(text: str) -> str:
    """Lower-case hexadecimal SHA-256 of ``text`` in UTF-8."""
    return digest_of(text.encode())


def digest_of(content: bytes) -> str:
    """Lower-case hexadecimal SHA-256 of ``content``."""
    return sha256(content).hexdigest()
