"""The screens' way to the APIs: plain JSON over HTTP, and two kinds of failure in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

import httpx

Json = Mapping[str, Any]

_NOWHERE: Mapping[str, str] = MappingProxyType({})
DEFAULT_ADDRESS = "http://127.0.0.1:8000"
PATIENCE_SECONDS = 30.0  # a step of the player answers when everything it caused has settled


class ApiDown(Exception):
    """Nothing answers at the API's address, or not in time."""


@dataclass(eq=False)
class Problem(Exception):
    """A refusal of the API: an RFC 9457 problem."""

    status: int
    slug: str
    title: str
    detail: str
    extra: Json

    def __str__(self) -> str:
        return self.detail or self.title


class Api:
    """One API by its address, such as ``http://127.0.0.1:8000``, which is shown ``key`` if there is one.

    ``elsewhere`` has the addresses of services apart by the beginning of the paths that they answer; the
    longest that fits counts.
    """

    def __init__(self, address: str, key: str | None = None, elsewhere: Mapping[str, str] = _NOWHERE) -> None:
        self.address = address.rstrip("/")
        self._elsewhere = sorted(elsewhere.items(), key=lambda one: len(one[0]), reverse=True)
        # Loopback calls must not wander through a proxy of the environment.
        shown = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, headers=shown)
        self._served_at = datetime.min.replace(tzinfo=UTC)

    def get(self, path: str, **query: str | int | None) -> Json:
        """The JSON at ``path``; a query value of None is left out. Raises ``ApiDown`` and ``Problem``."""
        return self._ask(
            "GET", path, params={name: value for name, value in query.items() if value is not None}
        )

    def look(self, path: str, within: float) -> Json:
        """As ``get``; the API counts as down when it is silent for ``within`` seconds."""
        return self._ask("GET", path, timeout=within)

    def post(self, path: str, body: Json | None = None, within: float = PATIENCE_SECONDS) -> Json:
        """Post ``body`` (an empty object by default). Raises ``ApiDown`` and ``Problem``; see ``look``."""
        return self._ask("POST", path, json=dict(body or {}), timeout=within)

    def served_at(self) -> datetime:
        """The server's clock at its last answer, aware UTC: what the time is where no player runs."""
        return self._served_at

    def _ask(self, method: str, path: str, **request: Any) -> Json:
        address = self._address_of(path)
        try:
            answer = self._http.request(method, address + path, **request)
        except httpx.HTTPError as failure:
            raise ApiDown(f"{address} does not answer: {failure}") from failure
        if date := answer.headers.get("date"):
            self._served_at = parsedate_to_datetime(date).astimezone(UTC)
        if answer.is_success:
            return _json(answer)
        raise _problem(answer)

    def _address_of(self, path: str) -> str:
        fitting = (where for begins, where in self._elsewhere if f"{path}/".startswith(f"{begins}/"))
        return next(fitting, self.address).rstrip("/")


def _json(answer: httpx.Response) -> Json:
    """The object in ``answer``; anything else means that something else than Trivet listens there."""
    try:
        found = answer.json()
    except ValueError as failure:
        raise ApiDown(f"{answer.url} did not answer with JSON") from failure
    if not isinstance(found, dict):
        raise ApiDown(f"{answer.url} did not answer with a JSON object")
    return found


def _problem(answer: httpx.Response) -> Problem:
    """The refusal in ``answer``, in its own words where it is a problem document."""
    try:
        found = answer.json()
    except ValueError:
        found = {}
    told = found if isinstance(found, dict) else {}
    slug = str(told.get("type", "")).rpartition(":")[2]
    title = str(told.get("title") or f"the API answered {answer.status_code}")
    return Problem(answer.status_code, slug, title, str(told.get("detail") or ""), told)
