"""Where market data may be asked for: where it is encrypted, or on this machine; keys go nowhere else."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from adapters.settings import LOOPBACK, UnsafeSettings


@dataclass(frozen=True, slots=True)
class Place:
    """An address as given, without a slash at its end, and whether it is on this machine."""

    url: str
    is_local: bool


def rest_place(url: str) -> Place:
    """Where the REST API is; raises ``UnsafeSettings`` unless that is https, or http on this machine."""
    return _place(url, "TRIVET_ALPACA_DATA_URL", "https", "http")


def stream_place(url: str) -> Place:
    """Where the stream is; raises ``UnsafeSettings`` unless that is wss, or ws on this machine."""
    return _place(url, "TRIVET_ALPACA_STREAM_URL", "wss", "ws")


def _place(url: str, setting: str, secure: str, plain: str) -> Place:
    parts = _parts(url)
    is_local = parts is not None and (parts.hostname or "").lower() in LOOPBACK
    if parts is None or not (parts.scheme == secure or (parts.scheme == plain and is_local)):
        raise UnsafeSettings(
            f"{setting} is neither {secure}://… nor {plain}:// on this machine, so keys would be read on "
            f"their way; write {secure}:// or unset it"
        )
    return Place(f"{parts.scheme}://{parts.netloc}", is_local)


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that names a host and nothing below it; None for any other."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    further = (parts.username, parts.password, parts.query, parts.fragment)
    return parts if has_host and not any(further) and parts.path in ("", "/") else None
