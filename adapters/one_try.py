"""A request to Alpaca: with its timeouts, sent once, its answer read exactly.

alpaca-py sets no timeout and sends any request again, orders too, on 429 and 504. Here a request is sent
once; what that came to, whoever asked has to find out, and nothing of half an answer counts.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from alpaca.common.rest import RESTClient
from requests import RequestException, Response
from urllib3.exceptions import HTTPError as BrokenBody

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


class OneTry(RESTClient):
    """Goes before one of alpaca-py's clients; gives JSON values in which numbers with a point are Decimal.

    Every request raises ``Declined`` on 4xx, ``too_many`` on 429 and while that lasts, and ``silent`` on
    anything that settles nothing. ``whose`` says in their words who was asked.
    """

    whose: ClassVar[str]
    silent: ClassVar[type[Exception]]
    too_many: ClassVar[type[Exception]]

    def be_patient(self, patience: Patience, *, is_local: bool) -> None:
        """Use these timeouts from now on; to be called once the client is made."""
        self._session.trust_env = not is_local  # nobody asks a proxy for this machine
        self._patience = patience
        self._quiet_until = 0.0

    def _one_request(self, method: str, url: str, opts: dict[str, Any], retry: int) -> Any:  # noqa: ARG002
        """Overrides alpaca-py's: one attempt, whatever ``retry`` allows."""
        if time.monotonic() < self._quiet_until:
            raise self.too_many(f"{self.whose} asked for fewer requests; nothing was sent")
        try:
            response = self._session.request(
                method, url, timeout=(self._patience.connect, self._patience.read), stream=True, **opts
            )
            with response:
                body = self._body(response, time.monotonic() + self._patience.whole)
        except (RequestException, BrokenBody, OSError) as broken:
            raise self.silent(
                f"{method} of {self.whose} came to nothing: {type(broken).__name__}"
            ) from broken
        if response.status_code == _TOO_MANY:
            self._hold_off(response.headers)
        return self._answer(method, response.status_code, body)

    def _hold_off(self, headers: Mapping[str, str]) -> None:
        seconds = _seconds(headers.get("Retry-After"))
        self._quiet_until = time.monotonic() + min(seconds, LONGEST_HOLD_OFF_SECONDS)
        raise self.too_many(
            f"{self.whose} asked for fewer requests (429); nothing is asked for {seconds:g} seconds"
        )

    def _body(self, response: Response, deadline: float) -> bytes:
        """All of the body, which may come in drips, but not for ever."""
        body = b""
        while piece := response.raw.read1(1 << 16, decode_content=True):
            body += piece
            if time.monotonic() > deadline or len(body) > LONGEST_BODY:
                raise self.silent(
                    f"{self.whose}'s answer did not come to its end in time; nothing of it counts"
                )
        expected = response.headers.get("Content-Length", "")
        if "Content-Encoding" not in response.headers and expected.isdecimal() and len(body) < int(expected):
            raise self.silent(f"{self.whose}'s answer broke off; nothing of it counts")
        return body

    def _answer(self, method: str, status: int, body: bytes) -> Any:
        text = body.decode("utf-8", "replace")
        if 400 <= status < 500 and status != _TIMED_OUT:
            raise _declined(status, text)
        if not 200 <= status < 300:
            raise self.silent(f"{method} was answered with HTTP {status}, which settles nothing")
        try:
            return json.loads(text, parse_float=Decimal) if text else None
        except (ValueError, RecursionError) as error:
            raise self.silent(f"{method} was answered with what is not JSON; nothing of it counts") from error


def _seconds(retry_after: str | None) -> float:
    """What a Retry-After in seconds says; its other form, a date, counts as not given."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return HOLD_OFF_SECONDS
    return float(retry_after)


def _declined(status: int, text: str) -> Declined:
    try:
        told = json.loads(text)
        code, words = told.get("code"), str(told.get("message") or text)
    except (ValueError, AttributeError):
        code, words = None, text
    return Declined(status, code if isinstance(code, int) else None, words[:_SHOWN] or "no reason given")
