"""Which processes Trivet consists of when every service has its own: the one list of them.

``trivet up`` starts it on one machine and docker-compose.yml says it to Docker; a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from adapters.settings import Settings

SERVERS = ("postgres", "valkey", "nats")
MIGRATE = "migrate"
SCREENS = "screens"
PLAYER = "player"
REASONING = "reasoning"
POLICY_WORKERS = 2
FIRST_PORT = 8000
"""Ports are counted from here; ``trivet up --port-base`` counts from elsewhere."""

SERVER_PORTS: Mapping[str, int] = {"postgres": 90, "valkey": 91, "nats": 92}
"""Ports of our own servers, counted from the first port."""

STORE = ("TRIVET_HOME", "TRIVET_RULES", "TRIVET_DATABASE_URL", "TRIVET_AUTH")
"""Settings of what opens the store and no other server."""
APART = tuple(f"TRIVET_{name.upper()}" for name in Settings.model_fields)
"""Settings of a service: all there are, since all are parts of one house."""
ADDRESSES = ("TRIVET_HOME", "TRIVET_AUTH", "TRIVET_ALLOWED_HOSTS", "TRIVET_API_URL", "TRIVET_API_URLS")
"""Settings of the screens, which see no server; their key is in the data folder."""

ROUTES: Mapping[str, str] = {
    "/v1/market": "market",
    "/v1/news": "market",
    "/v1/features": "features",
    "/v1/signals": "strategy",
    "/v1/orders": "execution",
    "/v1/reconciliation": "execution",
    "/v1/stops/obeyed": "execution",
    "/v1/portfolio/flatten": "execution",
    "/v1/portfolio": "portfolio",
    "/v1/reasoning": "reasoning",
    "/v1/player": PLAYER,
}
"""Who answers below which path; the longest prefix counts, and every other path is the policy service's."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: ``trivet`` and its ``words``.

    ``port`` is counted from the first port; a job, which ends by itself, has none. It starts when all of
    ``waits_for`` are healthy, or done. ``settings`` are the TRIVET variables that it is given. At the path
    ``health`` it answers 200 when it is ready. It is stopped before
    those whom it ``asks`` and those it waits for.
    """

    name: str
    words: tuple[str, ...]
    port: int | None
    waits_for: tuple[str, ...]
    settings: tuple[str, ...]
    health: str = "/readyz"
    asks: tuple[str, ...] = ()


def processes(policy_workers: int = POLICY_WORKERS) -> tuple[Process, ...]:
    """All processes but the servers, in an order in which each comes after what it waits for.

    Raises ``ValueError`` unless there is at least one policy worker and at most nine.
    """
    services = (_service(REASONING, REASONING, 7), *_policy(policy_workers), *_others())
    migrate = Process(MIGRATE, ("migrate", "--screens-key"), None, ("postgres",), STORE)
    return (migrate, *services, _player(services), _screens(services))


def _policy(workers: int) -> tuple[Process, ...]:
    """The policy workers: one queue group, each with a chain of the audit log under its own name."""
    if not 1 <= workers <= 9:
        raise ValueError(f"there cannot be {workers} policy workers; ask for 1 to 9")
    ports = chain((0,), range(11, 20))  # the first has the port that callers know
    return tuple(
        replace(_service(f"policy-{number}", "policy", port), asks=(REASONING,))
        for number, port in zip(range(1, workers + 1), ports, strict=False)
    )


def _others() -> tuple[Process, ...]:
    names = ("execution", "market", "features", "strategy", "portfolio")
    return tuple(_service(name, name, port) for port, name in enumerate(names, start=1))


def _service(name: str, service: str, port: int) -> Process:
    return Process(name, ("serve", service), port, (MIGRATE, *SERVERS), APART)


def _player(services: tuple[Process, ...]) -> Process:
    """It brings the time that the others wait for, so it cannot wait for them; it asks until they answer."""
    return replace(_service(PLAYER, PLAYER, 6), asks=tuple(one.name for one in services))


def _screens(services: tuple[Process, ...]) -> Process:
    """They say themselves who does not answer yet; only their key has to be there."""
    asks = (*(one.name for one in services), PLAYER)
    return Process(SCREENS, (SCREENS,), 501, (MIGRATE,), ADDRESSES, "/_stcore/health", asks)
