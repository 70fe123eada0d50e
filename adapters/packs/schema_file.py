"""The JSON Schema of packs beside the packs, where editors find it; written from the engine's own shape."""

import json
from pathlib import Path

from adapters.release import write_whole
from engine.pack_schema import pack_schema

SCHEMA = "rule-pack.schema.json"


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(pack_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema(rules: Path) -> Path:
    """Write the schema into the folder ``rules``; gives its path."""
    path = rules / SCHEMA
    write_whole(path, schema_text())
    return path
