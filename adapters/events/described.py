"""Describes every event for those outside: one JSON Schema per type, and an AsyncAPI document over all.

The contracts are the source; the files below ``docs/events`` are made from them and never edited.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from adapters.events.jetstream.publisher import CONTENT_TYPE
from adapters.events.trace_context import HEADER
from policy.contracts import Event, EventType, utc_text
from policy.event_contracts import CARRIED
from policy.order_contracts import decimal_text

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MEANINGS: Mapping[EventType, str] = {
    EventType.QUOTE_UPDATED: "A symbol has a new best bid and ask.",
    EventType.BAR_CLOSED: "A session of a symbol has closed.",
    EventType.SIGNAL_CREATED: "A strategy proposes; nothing is judged yet.",
    EventType.DECISION_MADE: "The rules have judged a signal, and that is on record.",
    EventType.REVIEW_REQUESTED: "A decision waits for a person.",
    EventType.REVIEW_ANSWERED: "A review was answered, expired, or was overruled by the rules.",
    EventType.PACK_ACTIVATED: "A pack version judges from now on, or in shadow.",
    EventType.ORDER_SUBMITTED: "An order is on its way to the broker.",
    EventType.ORDER_ACCEPTED: "The broker works the order.",
    EventType.ORDER_FILLED: "A part of an order, or the rest of it, was executed and booked.",
    EventType.ORDER_REJECTED: "The broker refused the order, or the house denied it.",
    EventType.ORDER_CANCELLED: "The order ended before it was filled.",
    EventType.SNAPSHOT_TAKEN: "The portfolio was written down.",
    EventType.STOP_TRIPPED: "Everything, a strategy or a symbol takes no new risk until a person re-arms it.",
    EventType.STOP_REARMED: "A person let a stopped scope go on.",
    EventType.PHASE_CHANGED: "The rollout has gone on to the next phase, or back to the one before.",
}


_WRITTEN = {
    utc_text: {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$",
    },
    decimal_text: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
}


class _AsWritten(GenerateJsonSchema):
    """Says how times and amounts are spelled, where Pydantic sees no more than text."""

    def ser_schema(self, schema: Any) -> JsonSchemaValue | None:
        spelled = _WRITTEN.get(schema.get("function"))
        return super().ser_schema(schema) if spelled is None else dict(spelled)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002
        return dict(_WRITTEN[decimal_text])


def event_files() -> dict[str, str]:
    """Every file of ``docs/events`` that is made, name to text."""
    schemas = {f"{kind.value}.schema.json": schema_of(kind) for kind in EventType}
    files: dict[str, Mapping[str, Any]] = {**schemas, "asyncapi.json": asyncapi()}
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in files.items()}


def schema_of(kind: EventType) -> dict[str, Any]:
    """The JSON Schema of one type: the envelope, with its own type and data."""
    fields: dict[str, Any] = {"type": (Literal[kind.value], ...), "data": (CARRIED[kind], ...)}
    model = create_model(f"{CARRIED[kind].__name__}Event", __base__=Event, **fields)
    schema = model.model_json_schema(mode="serialization", schema_generator=_AsWritten)
    head = {
        "$schema": _DIALECT,
        "$id": f"urn:trivet:event:{kind.value}",
        "title": kind.value,
        "description": _MEANINGS[kind],
    }
    return head | {name: part for name, part in schema.items() if name not in head}


def asyncapi() -> dict[str, Any]:
    """An AsyncAPI 3 document: where events are published, what a message is, what its headers say."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Trivet events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in structured JSON over NATS JetStream, delivered at least once, "
            "in the order they were told. The subject is the event's type.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"local": {"host": "127.0.0.1:4222", "protocol": "nats"}},
        "channels": {_name(kind): _channel(kind) for kind in EventType},
        "operations": {f"tell-{_name(kind)}": _telling(kind) for kind in EventType},
        "components": {
            "messages": {_name(kind): _message(kind) for kind in EventType},
            "schemas": {"headers": _headers()},
        },
    }


def _name(kind: EventType) -> str:
    return kind.value.replace(".", "-")


def _channel(kind: EventType) -> dict[str, Any]:
    message = {"$ref": f"#/components/messages/{_name(kind)}"}
    return {"address": kind.value, "description": _MEANINGS[kind], "messages": {"event": message}}


def _telling(kind: EventType) -> dict[str, Any]:
    channel = f"#/channels/{_name(kind)}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/event"}],
    }


def _message(kind: EventType) -> dict[str, Any]:
    return {
        "name": kind.value,
        "summary": _MEANINGS[kind],
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"./{kind.value}.schema.json"},
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["Nats-Msg-Id"],
        "properties": {
            "Nats-Msg-Id": {
                "type": "string",
                "format": "uuid",
                "description": "the event's id; a message that is sent twice is kept once",
            },
            "Nats-Expected-Last-Msg-Id": {
                "type": "string",
                "format": "uuid",
                "description": "the event told before, where both were sent together: none overtakes another",
            },
            HEADER: {"type": "string", "description": "W3C trace context of what told the event"},
        },
    }
