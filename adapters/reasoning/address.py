"""Where a model may be asked: https anywhere, plain http on this machine alone."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.settings import LOOPBACK, UnsafeSettings


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """The base below which ``chat/completions`` lies, and whether it is on this machine."""

    url: str
    is_local: bool


def model_address(url: str) -> ModelAddress:
    """The address that ``url`` names, such as ``http://127.0.0.1:11434/v1``.

    Raises ``UnsafeSettings`` for one that cannot be read, holds a password, or would carry prompts and the
    key in the clear to another machine.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        parts.port  # noqa: B018 - it is read when asked for
    except ValueError:
        raise UnsafeSettings(
            "TRIVET_MODEL_URL is no address; set one such as http://127.0.0.1:11434/v1"
        ) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UnsafeSettings(
            "TRIVET_MODEL_URL holds more than an address; put the key into TRIVET_MODEL_KEY and nothing "
            "behind the path"
        )
    is_local = host in LOOPBACK
    if not host or parts.scheme not in ("http", "https") or (parts.scheme == "http" and not is_local):
        raise UnsafeSettings(
            "TRIVET_MODEL_URL must be https, or http on this machine: others would read what is asked"
        )
    return ModelAddress(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", is_local)
