"""One spelling for every value that is hashed or compared: canonical JSON and its digest."""

import json
from hashlib import sha256
from typing import Any

# Made once: json.dumps would make an encoder for every call with settings of its own.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; raises ``ValueError`` for NaN and infinities."""
    return _ENCODER.encode(value)


def digest(text: str) -> str:
    """Lower-case hexadecimal SHA-256 of ``text`` in UTF-8."""
    return digest_of(text.encode())


def digest_of(content: bytes) -> str:
    """Lower-case hexadecimal SHA-256 of ``content``."""
    return sha256(content).hexdigest()
