"""How the OpenAPI description states error answers: problem+json, one entry for each status."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from policy.problems import MEDIA_TYPE, ProblemBody

_WHEN = {
    400: "the body is not JSON",
    401: "no credential, or none that counts",
    403: "the request comes from another site, or the credential lacks the role",
    404: "there is no such thing",
    405: "the path does not take this method",
    408: "the body did not come whole in time",
    409: "it is in a state that does not allow this",
    410: "it was there, and its record has been retired",
    413: "the body is over 1 MiB",
    415: "the body is not application/json",
    422: "the request has faults; every one is listed",
    429: "the client asks more often than it may",
    500: "ours to mend; nothing was approved",
    503: "it cannot be answered now; nothing was decided",
}


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """FastAPI's ``responses`` for ``statuses``; raises KeyError for one that has no wording here."""
    content = {MEDIA_TYPE: {"schema": _problem_schema()}}
    return {status: {"description": _WHEN[status], "content": content} for status in statuses}


def _problem_schema() -> dict[str, Any]:
    """The schema of ``ProblemBody`` with its faults in place: a reference would need FastAPI's registry."""
    schema = ProblemBody.model_json_schema()
    fault = schema.pop("$defs")["Fault"]
    schema["properties"]["errors"] = {"type": "array", "items": fault}
    return schema


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of ``model`` with every reference in place, for a body FastAPI does not parse."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})
    return dict(_inlined(schema, parts))


def _inlined(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(one, parts) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(parts[node["$ref"].rpartition("/")[2]], parts)
    return {key: _inlined(value, parts) for key, value in node.items()}
