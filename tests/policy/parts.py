"""Small real parts for the tests of the policy service: ports that stand still, packs, requests."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, event

from adapters.http_server import configured
from adapters.storage.packs import FrozenPacks
from engine import read_pack
from policy.contracts import (
    Action,
    EvaluateRequest,
    MarketContext,
    PackSet,
    PortfolioContext,
    ReasoningMemo,
    Scalar,
    SignalCandidate,
)
from policy.ports import HouseContexts, PackUnknown, Subject
from policy.proposal import Proposal, proposal_of_request
from policy.service import PolicyService, build_policy

RULES = Path(__file__).parents[2] / "rules"
NOON = datetime(2012, 6, 1, 16, 0, tzinfo=UTC)
CLOSE = datetime(2012, 6, 1, 20, 0, tzinfo=UTC)

CALM: Mapping[str, Any] = {
    "symbol": "AAPL",
    "candidate_action": "BUY",
    "confidence": 0.71,
    "size_pct": 0.02,
    "market_context": {
        "data_age_seconds": 12,
        "market_open": True,
        "event_blackout_active": False,
        "liquidity_score": 0.9,
    },
    "portfolio_context": {"gross_exposure_pct": 0.25, "daily_drawdown_pct": 0.01, "correlation": 0.2},
    "reasoning": {"status": "OK", "recommendation": "ALLOW"},
}


@dataclass
class StillClock:
    """A clock that moves only when told to."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class DaySession:
    """One session that closes at ``close``; None means that there is none."""

    close: datetime | None = CLOSE

    def close_of(self, at: datetime) -> datetime | None:
        return self.close if self.close is not None and at < self.close else None


@dataclass
class SetContexts:
    """Contexts as a test sets them; at first the house can measure nothing."""

    market: MarketContext | None = None
    portfolio: PortfolioContext | None = None

    def measure(self, symbol: str, at: datetime, action: Action = "BUY") -> HouseContexts:
        return HouseContexts(self.market, self.portfolio)


@dataclass
class SetBooks:
    """What the house's books tell of every trade, as a test sets it; at first nothing."""

    told: dict[str, Scalar] = field(default_factory=dict)
    asked: list[tuple[frozenset[str], Subject]] = field(default_factory=list)

    def measure(
        self, _connection: Connection, names: frozenset[str], subjects: Sequence[Subject], _at: datetime
    ) -> list[dict[str, Scalar]]:
        self.asked += [(names, one) for one in subjects]
        return [{name: self.told[name] for name in names if name in self.told} for _ in subjects]


@contextmanager
def after_first(store: Engine, words: str, act: Callable[[], object]) -> Iterator[None]:
    """Do ``act``, which must use another engine, after the first statement of ``store`` with ``words``."""
    waiting = [act]

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if waiting and words in statement:
            waiting.pop()()

    event.listen(store, "after_cursor_execute", look)
    yield
    event.remove(store, "after_cursor_execute", look)
    assert not waiting, f"no statement had {words}"


class Silent:
    """A reasoner that is switched off."""

    def opine(self, asked: Sequence[tuple[SignalCandidate, HouseContexts]]) -> list[ReasoningMemo]:
        return [ReasoningMemo(signal_id=signal.signal_id, status="SKIPPED") for signal, _ in asked]


@dataclass
class Texts:
    """A pack library in memory, on top of the released packs of the repository."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    shelf: dict[PackSet, tuple[tuple[str, str], ...]] | None = None

    def frozen_text(self, pack: str, version: str) -> str:
        if (pack, version) in self.texts:
            return self.texts[pack, version]
        return FrozenPacks(RULES).frozen_text(pack, version)

    def default_shelf(self) -> dict[PackSet, tuple[tuple[str, str], ...]]:
        return FrozenPacks(RULES).default_shelf() if self.shelf is None else self.shelf

    def add(self, text: str) -> None:
        """Release ``text`` under the name and version it gives itself."""
        pack = read_pack(text, source="test")
        self.texts[pack.name, pack.version] = text

    def lose(self, pack: str, version: str) -> None:
        """Make the library forget a version as if its file had gone."""

        def frozen_text(wanted: str, number: str) -> str:
            if (wanted, number) == (pack, version):
                raise PackUnknown(f"{pack}@{version} is gone")
            return Texts.frozen_text(self, wanted, number)

        self.frozen_text = frozen_text  # type: ignore[method-assign,assignment]


def stricter_core(version: str = "1.1.0", confidence: float = 0.8) -> str:
    """trading-core with another least confidence, under a new version."""
    text = (RULES / "trading-core" / "released" / "1.0.0.yaml").read_text()
    assert "version: 1.0.0" in text
    assert "{value: 0.6," in text
    return text.replace("version: 1.0.0", f"version: {version}").replace(
        "{value: 0.6,", f"{{value: {confidence},"
    )


@dataclass
class House:
    """A policy service with the still parts it stands on."""

    service: PolicyService
    clock: StillClock
    sessions: DaySession
    contexts: SetContexts
    library: Texts
    books: SetBooks


def build_house(store: Engine, library: Texts | None = None, chain: str = "main") -> House:
    """A service on ``store``, its shelf stocked, its writer not started."""
    clock, sessions, contexts, packs = StillClock(), DaySession(), SetContexts(), library or Texts()
    books = SetBooks()
    service = build_policy(store, clock, sessions, contexts, packs, chain, books)
    service.shelf.stock()
    return House(service, clock, sessions, contexts, packs, books)


def signal_id(number: int) -> UUID:
    """The id of the test's signal ``number``."""
    return uuid5(UUID(int=0), str(number))


def body(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A calm request for signal ``number`` but for ``changes``: ``a__b`` reaches inside, None removes."""
    made = deepcopy({"signal_id": str(signal_id(number)), **CALM})
    for path, value in changes.items():
        *parents, name = path.split("__")
        target = made
        for parent in parents:
            target = target[parent]
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value
    return made


def proposal(number: int = 1, **changes: Any) -> Proposal:
    """The proposal that ``body`` becomes."""
    return proposal_of_request(EvaluateRequest.model_validate_json(json.dumps(body(number, **changes))))


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """``app`` on a real server on a free loopback port, and a client of it."""
    server = uvicorn.Server(configured(app, host="127.0.0.1", port=0, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
