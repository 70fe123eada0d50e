"""One service as a process: on its ground, at its seat, behind its port."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from adapters.access.opening import open_access
from adapters.events.jetstream.gauges import StreamGauges
from adapters.http_server import serve
from adapters.market import player_api
from adapters.rates import load_of
from adapters.settings import Settings
from adapters.storage.checkpoints import PLAYER
from adapters.wiring.apart.conductor import CONSUMERS
from adapters.wiring.apart.ground import Ground, ground_for
from adapters.wiring.apart.playing import Start, playing, stand_of
from adapters.wiring.apart.seat import taken
from adapters.wiring.apart.seats import SERVICES
from adapters.wiring.apart.service import Service
from adapters.wiring.apart.sole import alone
from adapters.wiring.serving import Say, announce, listening
from adapters.wiring.watching import PLAYER_FIGURES, show
from policy.access.gate import Access
from policy.api import create_app
from policy.http.service_app import create_service_app
from policy.watching.tally import WebTally

NAMES = (*SERVICES, PLAYER)
"""Every service that can be a process of its own."""


def serve_service(service: str, settings: Settings, host: str, port: int, start: Start, say: Say) -> None:
    """Serve one of ``NAMES`` until SIGTERM or Ctrl-C; ``start`` is the player's.

    Raises ``NatsAway`` and SQLAlchemy's errors when the servers cannot be reached, ``Refused`` where another
    process is the service already and where the player cannot start.
    """
    with (
        ground_for(service, settings) as ground,
        listening(host, port) as listener,
        alone(ground.store, service),
    ):
        access = open_access(settings, ground.store, host)
        with _working(service, ground, start) as work:
            announce(host, port, None, say)
            serve(application(service, work, ground, access), listener, work.closing)


@contextmanager
def _working(name: str, ground: Ground, start: Start) -> Iterator[Service]:
    """The service at work until the end of the block."""
    if name == PLAYER:
        stand = stand_of(ground, start)
        with playing(stand, paused=start.paused):
            yield Service(routers=[player_api.router(stand.player)], figures=PLAYER_FIGURES)
        return
    service = SERVICES[name](ground)
    with taken(service.seat, ground):
        yield service


def application(name: str, service: Service, ground: Ground, access: Access) -> FastAPI:
    """What ``service`` serves over HTTP: its routes, health, and everything it and its store can tell."""
    load, policy = load_of(ground.settings), service.policy
    tally = WebTally() if policy is None else policy.tally
    streams = StreamGauges(ground.line, CONSUMERS)
    show(tally, name, ground.store, ground.time, service.figures, (*service.collectors, streams))
    if policy is not None:
        return create_app(policy, service.routers, access, load)
    return create_service_app(f"Trivet {name}", service.routers, access, load, tally, ground.problem)
