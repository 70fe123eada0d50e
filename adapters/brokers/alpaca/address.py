"""Where the sandbox broker may be talked to: Alpaca's paper host, or this machine; live is locked out."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.settings import LOOPBACK, UnsafeSettings

PAPER_HOST = "paper-api.alpaca.markets"
PAPER_URL = f"https://{PAPER_HOST}"


@dataclass(frozen=True, slots=True)
class Address:
    """The base of the REST API, the address of its stream, and whether both are on this machine."""

    rest: str
    stream: str
    is_local: bool


def paper_address(url: str) -> Address:
    """The address that ``url`` names; raises ``UnsafeSettings`` for any that is not for paper.

    Only a host counts, never a path: the versions and names below it are the broker's own.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _locked_out() from None
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise _locked_out()
    is_local = host in LOOPBACK and parts.scheme in ("http", "https")
    is_paper = host == PAPER_HOST and parts.scheme == "https" and port in (None, 443)
    if not (is_local or is_paper):
        raise _locked_out()
    secure = parts.scheme == "https"
    return Address(
        rest=f"{parts.scheme}://{parts.netloc}",
        stream=f"{'wss' if secure else 'ws'}://{parts.netloc}/stream",
        is_local=is_local,
    )


def _locked_out() -> UnsafeSettings:
    return UnsafeSettings(
        f"TRIVET_ALPACA_URL is neither {PAPER_URL} nor on this machine; live trading is locked out, so "
        "unset it"
    )
