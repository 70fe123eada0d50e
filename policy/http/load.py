"""What stands before the routes of every application: capacity, the guard, and rates, from outside in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from policy.access.gate import Access
from policy.http.capacity import ALWAYS_ANSWERED, Capacity, CapacityGuard, Note
from policy.http.guard import Note as NoteBody
from policy.http.guard import guarded
from policy.http.openapi import problem_answers
from policy.http.rates import RateGuard, Rates


@dataclass(frozen=True, slots=True)
class Load:
    """How much one application takes: at once in all, and of each client over time (None: any rate)."""

    capacity: Capacity = field(default_factory=Capacity)
    rates: Rates | None = None


def defended(app: FastAPI, access: Access, load: Load, refused: Note, unread: NoteBody | None = None) -> None:
    """Put everything before the routes of ``app``, after any other middleware, and describe it.

    ``refused`` hears the slug of everything that load turned away, ``unread`` of every body that is not
    JSON.
    """
    if load.rates is not None:
        app.add_middleware(RateGuard, rates=load.rates, note=refused)
    guarded(app, access, unread)
    app.add_middleware(CapacityGuard, capacity=load.capacity, note=refused)
    _describe(app, load)


def _describe(app: FastAPI, load: Load) -> None:
    """Let the description name the refusals, which no route knows of."""
    everywhere = problem_answers(503) if load.rates is None else problem_answers(429, 503)
    plain = app.openapi

    def with_load() -> dict[str, Any]:
        schema = plain()
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                answers = everywhere | problem_answers(408) if method == "post" else everywhere
                if path not in ALWAYS_ANSWERED:
                    _add(operation, answers)
        return schema

    app.openapi = with_load  # type: ignore[method-assign]


def _add(operation: dict[str, Any], answers: Mapping[int | str, Any]) -> None:
    described = operation.setdefault("responses", {})
    for status, answer in answers.items():
        described.setdefault(str(status), answer)
