"""Serving over HTTP: a travelling house with its screens, or the policy service alone."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from fastapi import APIRouter
from prometheus_client.registry import Collector

from adapters.access.local_key import FILE
from adapters.access.opening import open_access
from adapters.clock import SystemClock
from adapters.execution.stopping.lookout import Lookout
from adapters.http_server import serve
from adapters.market import player_api
from adapters.market.overrides_file import read_calendar
from adapters.rates import load_of
from adapters.settings import Settings
from adapters.storage.packs import FrozenPacks
from adapters.wiring.between_steps import BetweenSteps
from adapters.wiring.house import House
from adapters.wiring.house_apis import house_apis
from adapters.wiring.journey import Journey
from adapters.wiring.refusal import PortTaken
from adapters.wiring.rollout import rollout_of
from adapters.wiring.store import store_of
from adapters.wiring.watching import POLICY_FIGURES, show, show_house
from policy.api import create_app
from policy.contracts import Action
from policy.ports import HouseContexts
from policy.routes import rollout as rollout_routes
from policy.service import build_policy
from ui.launch import command

log = structlog.get_logger(__name__)

Say = Callable[[str], None]
RECONCILE_SECONDS = 5.0
_CHILD_SECONDS = 10


def serve_journey(
    travel: Journey, settings: Settings, host: str, port: int, ui_port: int | None, paused: bool, say: Say
) -> None:
    """Serve every API of the house and its screens, and play, until Ctrl-C; ``say`` tells the addresses."""
    where = Where(host, port, ui_port)
    serve_house(
        travel.house, settings, where, say, _moving(travel, paused), [player_api.router(travel.player)]
    )


@dataclass(frozen=True, slots=True)
class Where:
    """The addresses of a house: of its APIs, and the port of its screens, None without them."""

    host: str
    port: int
    ui_port: int | None


def serve_house(
    house: House,
    settings: Settings,
    where: Where,
    say: Say,
    moving: AbstractContextManager[None],
    moved_by: Sequence[APIRouter] = (),
    gauges: Sequence[Collector] = (),
) -> None:
    """Serve every API of ``house`` and its screens while it is ``moving``, until Ctrl-C.

    ``moved_by`` are the APIs of what moves it, ``gauges`` its metrics.
    """
    access = open_access(settings, house.policy.store, where.host)
    with (
        listening(where.host, where.port) as listener,
        _screens(where.port, where.ui_port, settings.home / FILE),
        moving,
    ):
        announce(where.host, where.port, where.ui_port, say)
        show_house(house, gauges)
        app = create_app(house.policy, house_apis(house, settings, moved_by), access, load_of(settings))
        serve(app, listener, house.policy.writer.close)


def serve_policy(settings: Settings, host: str, port: int, say: Say) -> None:
    """Serve the policy API alone, on the real clock, until Ctrl-C."""
    with store_of(settings) as store, listening(host, port) as listener:
        library = FrozenPacks(settings.rules)
        calendar = read_calendar(settings.calendar_overrides)
        policy = build_policy(store, SystemClock(), calendar, NothingMeasured(), library)
        access = open_access(settings, store, host)
        show(policy.tally, "policy", store, policy.clock, POLICY_FIGURES)
        policy.start()
        try:
            announce(host, port, None, say)
            routers = [rollout_routes.router(rollout_of(settings, store, policy.clock))]
            app = create_app(policy, routers, access, load_of(settings))
            serve(app, listener, policy.writer.close)
        finally:
            policy.stop()


class NothingMeasured:
    """A ``policy.ports.ContextSource`` without a market or a book: callers' contexts are all there is."""

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:  # noqa: ARG002
        """Neither side."""
        return HouseContexts(market=None, portfolio=None)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket, before anything is started that would have to be stopped again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
            ) from error
        yield listener


@contextmanager
def _moving(travel: Journey, paused: bool) -> Iterator[None]:
    """Events flow and the player plays, in threads of their own, until the end of the block."""
    player, relay, ended = travel.player, travel.house.relay, threading.Event()
    relay.start()
    playing = threading.Thread(target=player.play, name="player")
    lookout = Lookout(BetweenSteps(travel.house.execution, player))
    comparing = threading.Thread(
        target=compare, args=(travel.house, player.between_steps, ended), name="reconciliation"
    )
    playing.start()
    comparing.start()
    lookout.start()
    if not paused:
        player.resume()
    try:
        yield
    finally:
        ended.set()
        lookout.stop()
        player.stop()
        playing.join()
        comparing.join()
        relay.stop()


def compare(
    house: House, between_steps: Callable[[Callable[[], None]], None], ended: threading.Event
) -> None:
    """Hold the books against the broker's every five seconds, whether or not anything moves.

    Between steps, since each ends with a look of its own, at the moment that a replay would have it, too.
    """
    while not ended.wait(RECONCILE_SECONDS):
        try:
            between_steps(partial(_follow_broker, house))
        except Exception:  # whatever it was, the next look must come
            log.exception("the books could not be compared with the broker's; it is tried again")


def _follow_broker(house: House) -> None:
    house.execution.reconcile()
    house.portfolio.catch_up(house.clock.now())


@contextmanager
def _screens(api_port: int, ui_port: int | None, key_file: Path) -> Iterator[None]:
    """The screens in a process of their own, which ends with this one however this one ends.

    They read their key from ``key_file``: a command line and an environment are shown to others.
    """
    if ui_port is None:
        yield
        return
    with listening("127.0.0.1", ui_port):
        pass  # Streamlit would only say in its own log that the port is taken
    child = subprocess.Popen(  # noqa: S603 - our own command line
        command(f"http://127.0.0.1:{api_port}", ui_port),
        env={**os.environ, "TRIVET_KEY_FILE": str(key_file.absolute())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - set before any thread of ours is started
        start_new_session=True,
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(_CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def announce(host: str, port: int, ui_port: int | None, say: Say) -> None:
    shown = f"[{host}]" if ":" in host else host
    if ui_port is not None:
        say(f"screens  http://127.0.0.1:{ui_port}")
    say(f"APIs     http://{shown}:{port}  (described at /docs)")
