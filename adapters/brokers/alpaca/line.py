"""The line to Alpaca's REST API: every request with its timeouts, sent once, its answer read exactly.

alpaca-py sets no timeout and sends any request again, orders too, on 429 and 504. Here a request is sent
once: what it came to is asked for by our own id of the order, never tried a second time.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alpaca.trading.client import TradingClient
from requests import RequestException, Response
from urllib3.exceptions import HTTPError as BrokenBody

from adapters.brokers.alpaca.address import Address
from adapters.ports import BrokerSilent

LONGEST_BODY = 16 * 1024 * 1024
"""Bytes of an answer beyond which it is not read on."""
HOLD_OFF_SECONDS = 3.0
"""How long nothing is asked after a 429 that does not say how long."""
LONGEST_HOLD_OFF_SECONDS = 60.0
_SHOWN = 300
_TOO_MANY = 429
_TIMED_OUT = 408


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect, between two pieces of an answer, and for all of an answer."""

    connect: float = 3.0
    read: float = 5.0
    whole: float = 15.0


class Declined(Exception):
    """Alpaca's "no": an HTTP status of 4xx, its own code where it gave one, and its words."""

    def __init__(self, status: int, code: int | None, words: str) -> None:
        super().__init__(f"{words} (HTTP {status})")
        self.status = status
        self.code = code
        self.words = words


class TooMany(BrokerSilent):
    """Asked too often (429): nothing was done, and nothing more is asked for a while."""


class Line(TradingClient):
    """alpaca-py's client, giving plain JSON values in which every number with a point is a Decimal.

    Every request raises ``Declined`` on 4xx, ``TooMany`` on 429 and while that lasts, and
    ``adapters.ports.BrokerSilent`` on anything that settles nothing.
    """

    def __init__(self, address: Address, key_id: str, secret: str, patience: Patience) -> None:
        super().__init__(key_id, secret, raw_data=True, url_override=address.rest)
        self._session.trust_env = not address.is_local  # nobody asks a proxy for this machine
        self._patience = patience
        self._quiet_until = 0.0

    def _one_request(self, method: str, url: str, opts: dict[str, Any], retry: int) -> Any:  # noqa: ARG002
        """Overrides alpaca-py's: one attempt, whatever ``retry`` allows."""
        if time.monotonic() < self._quiet_until:
            raise TooMany("the broker asked for fewer requests; nothing was sent")
        try:
            response = self._session.request(
                method, url, timeout=(self._patience.connect, self._patience.read), stream=True, **opts
            )
            with response:
                body = _body(response, time.monotonic() + self._patience.whole)
        except (RequestException, BrokenBody, OSError) as broken:
            raise BrokerSilent(f"{method} of the broker came to nothing: {type(broken).__name__}") from broken
        if response.status_code == _TOO_MANY:
            self._hold_off(response.headers)
        return _answer(method, response.status_code, body)

    def _hold_off(self, headers: Mapping[str, str]) -> None:
        seconds = _seconds(headers.get("Retry-After"))
        self._quiet_until = time.monotonic() + min(seconds, LONGEST_HOLD_OFF_SECONDS)
        raise TooMany(f"the broker asked for fewer requests (429); nothing is asked for {seconds:g} seconds")


def _seconds(retry_after: str | None) -> float:
    """What a Retry-After in seconds says; its other form, a date, counts as not given."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return HOLD_OFF_SECONDS
    return float(retry_after)


def _body(response: Response, deadline: float) -> bytes:
    """All of the body, which may come in drips, but not for ever."""
    body = b""
    while piece := response.raw.read1(1 << 16, decode_content=True):
        body += piece
        if time.monotonic() > deadline or len(body) > LONGEST_BODY:
            raise BrokerSilent("the broker's answer did not come to its end in time; nothing of it counts")
    expected = response.headers.get("Content-Length", "")
    if "Content-Encoding" not in response.headers and expected.isdecimal() and len(body) < int(expected):
        raise BrokerSilent("the broker's answer broke off; nothing of it counts")
    return body


def _answer(method: str, status: int, body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    if 400 <= status < 500 and status != _TIMED_OUT:
        raise _declined(status, text)
    if not 200 <= status < 300:
        raise BrokerSilent(f"{method} was answered with HTTP {status}, which settles nothing")
    try:
        return json.loads(text, parse_float=Decimal) if text else None
    except (ValueError, RecursionError) as error:
        raise BrokerSilent(f"{method} was answered with what is not JSON; nothing of it counts") from error


def _declined(status: int, text: str) -> Declined:
    try:
        told = json.loads(text)
        code, words = told.get("code"), str(told.get("message") or text)
    except (ValueError, AttributeError):
        code, words = None, text
    return Declined(status, code if isinstance(code, int) else None, words[:_SHOWN] or "no reason given")
