"""The schema that editors read: equal to the engine's shape, content with good packs alone."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from adapters.packs.schema_file import SCHEMA, schema_text, write_schema
from engine.strict_yaml import read_yaml

RULES = Path("rules")
PACKS = sorted([*RULES.glob("*/pack.yaml"), *RULES.glob("*/released/*.yaml")])


def plain(located):
    """What a parser without positions would give."""
    value = located.value
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def content(path):
    root, problems = read_yaml(path.read_text("utf-8"), str(path))
    assert problems == []
    return plain(root)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((RULES / SCHEMA).read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def test_the_schema_beside_the_packs_is_the_engines_shape(tmp_path):
    assert (RULES / SCHEMA).read_text("utf-8") == schema_text(), "run trivet schema --write"
    assert write_schema(tmp_path).read_text("utf-8") == schema_text()


@pytest.mark.parametrize("path", PACKS, ids=str)
def test_every_shipped_pack_satisfies_the_schema(validator, path):
    assert list(validator.iter_errors(content(path))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pack",), "Trading Core"),
        (("version",), "1.0"),
        (("version",), "v1.0.0"),
        (("owner",), None),
        (("ovner",), "risk"),
        (("decision_ttl_seconds",), -1),
        (("inputs", "a b"), {"type": "boolean"}),
        (("inputs", "confidence", "type"), "numbre"),
        (("inputs", "confidence", "unit"), None),
        (("inputs", "confidence", "direction"), "up"),
        (("inputs", "confidence", "one_of"), ["A"]),
        (("inputs", "symbol", "min"), 1),
        (("inputs", "candidate_action", "one_of"), []),
        (("inputs", "symbol", "absent"), "pass"),
        (("inputs", "symbol", "source"), "anybody"),
        (("limits", "max_size", "value"), None),
        (("limits", "allowlist", "value"), ["A", 1]),
        (("cast", "calm_buy", "confidence"), [0.7]),
        (("rules", 0, "id"), "Market_Closed"),
        (("rules", 0, "when"), None),
        (("rules", 0, "then"), "APPROVE"),
        (("rules", 0, "then"), None),
        (("rules", 0, "cap"), 0.5),
        (("rules", 0, "cases"), None),
        (("rules", 0, "cases"), {}),
        (("rules", 0, "always"), True),
        (("rules", 0, "rationale"), None),
        (("rules", 0, "cases", "the market is open", "expect"), "ALLOW"),
        (("rules", 0, "cases", "the market is open", "form"), "calm_buy"),
        (("rules", 11, "cap"), 2),
        (("rules", 11, "cap"), "max_size"),
    ],
    ids=str,
)
def test_a_broken_pack_does_not_satisfy_the_schema(validator, path, value):
    broken = deepcopy(content(RULES / "trading-core" / "pack.yaml"))
    *parents, last = path
    target = broken
    for parent in parents:
        target = target[parent]
    if value is None:
        del target[last]
    else:
        target[last] = value
    assert list(validator.iter_errors(broken))
