"""What the OpenAPI description says of access: who may ask what, and how the refusals look."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from policy.access.routes import roles_of
from policy.http.openapi import problem_answers

_REFUSALS = {str(status): answer for status, answer in problem_answers(401, 403, 503).items()}
_SCHEME = {"type": "http", "scheme": "bearer", "description": "an API key, or a person's OIDC token"}


def describe_access(app: FastAPI, required: bool) -> None:
    """Let ``app``'s description name the roles of every route and, where ``required``, its credential.

    Making the description raises KeyError for a route that the table does not know.
    """
    plain = app.openapi

    def with_access() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(plain(), required)
        return plain()

    app.openapi = with_access  # type: ignore[method-assign]


def _complete(schema: dict[str, Any], required: bool) -> None:
    schema.setdefault("components", {})["securitySchemes"] = {"bearer": _SCHEME}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _describe(operation, sorted(roles_of(method.upper(), path)), required)


def _describe(operation: dict[str, Any], roles: list[str], required: bool) -> None:
    operation["x-roles"] = roles
    answers: Mapping[str, Any] = operation.setdefault("responses", {})
    if roles:
        operation["responses"] = {**_REFUSALS, **answers}
    if roles and required:
        operation["security"] = [{"bearer": []}]
