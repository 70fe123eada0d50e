"""The two servers of the HTTP benchmark, each run as a process of its own.

``bare`` is the endpoint as FastAPI's documentation would have it, with the same contract, and nothing
behind it; ``policy`` is Trivet's own on the database that is named, with the settings of its
environment. The tests of what happens under load start the second as well.
"""

import socket
import sys
from datetime import UTC, datetime
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import ConfigDict

from policy.contracts import Decision, EvaluateRequest


class BareRequest(EvaluateRequest):
    """The contract as FastAPI can parse it: it hands over a dictionary, where a strict id is no string."""

    model_config = ConfigDict(strict=False)


def bare() -> FastAPI:
    """Validates a request, answers with a decision that is always the same but for the signal."""
    app = FastAPI()
    at = datetime(2012, 6, 1, 16, tzinfo=UTC)

    @app.post("/v1/policy/evaluate")
    async def evaluate(request: BareRequest) -> Decision:
        return Decision(
            decision="APPROVE",
            reasons=(),
            caps=(),
            approved_size_pct=0.01,
            expires_at=at,
            decision_id=UUID(int=1),
            signal_id=request.signal_id,
            symbol=request.symbol,
            candidate_action=request.candidate_action,
            evaluated_at=at,
            review_id=None,
            packs=(),
            source="callers",
        )

    return app


def serve_policy(url: str, port: int, chain: str) -> None:
    """Trivet's policy service on ``url``, served as ``trivet serve policy`` serves it."""
    from adapters.clock import SystemClock
    from adapters.http_server import serve
    from adapters.rates import load_of
    from adapters.settings import Settings
    from adapters.storage.database import connections_of, open_store
    from adapters.storage.packs import FrozenPacks
    from policy.api import create_app
    from policy.service import build_policy
    from tests.policy.parts import RULES, DaySession, SetContexts

    settings = Settings()
    store = open_store(url, connections_of(settings))
    service = build_policy(store, SystemClock(), DaySession(), SetContexts(), FrozenPacks(RULES), chain)
    service.start()
    with socket.create_server(("127.0.0.1", port), backlog=2048) as listener:
        serve(create_app(service, load=load_of(settings)), listener, service.writer.close)
    service.stop()
    store.dispose()


def main() -> None:
    """``bare PORT`` or ``policy PORT DATABASE_URL CHAIN``."""
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "bare":
        uvicorn.run(bare(), host="127.0.0.1", port=port, log_level="error", access_log=False)
    else:
        serve_policy(sys.argv[3], port, sys.argv[4])


if __name__ == "__main__":
    main()
