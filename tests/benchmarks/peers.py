"""Other engines with the same packs, each prepared as its documentation advises for repeated use."""

import json
import re
from collections.abc import Callable
from typing import Any

from engine import RulePack, Verdict
from tests.benchmarks.clauses import Clause, clauses
from tests.benchmarks.contender import Answer, Contender, Facts, answer_of

CEDAR_SCALE = 10_000  # Cedar has no floating point; four decimals become a whole number


def all_peers(pack: RulePack) -> list[Contender]:
    """Every peer, hand-written Python first."""
    return [build(pack) for build in (hand_written, zen, zen_compiled, cedar, cel_rust, business_rules)]


def hand_written(pack: RulePack) -> Contender:
    """What a programmer would write for exactly this pack: one ``if`` per rule."""
    lines = ["def judge(facts):", "    get, hits = facts.get, []"]
    for rule, terms in clauses(pack).items():
        lines.append(f"    if {' and '.join(map(_python, terms))}: hits.append({rule!r})")
    namespace: dict[str, Any] = {}
    exec("\n".join([*lines, "    return hits"]), namespace)
    return Contender("hand-written Python", namespace["judge"], _reader(pack))


def _python(clause: Clause) -> str:
    if not clause.optional:
        return f"facts[{clause.path!r}] {clause.op} {clause.value!r}"
    guard = "" if clause.op == "==" else f"(v := get({clause.path!r})) is not None and "
    return f"{guard}{'v' if guard else f'get({clause.path!r})'} {clause.op} {clause.value!r}"


def zen(pack: RulePack) -> Contender:
    """A GoRules Zen decision table as its first page shows it: ``create_decision``, then ``evaluate``."""
    import zen as gorules

    decision = gorules.ZenEngine().create_decision(_zen_table(pack))
    return Contender("GoRules Zen, decision table", decision.evaluate, _zen_reader(pack), _nested)


def zen_compiled(pack: RulePack) -> Contender:
    """The same table through a loader that holds it compiled: Zen's quickest way from Python."""
    import zen as gorules

    content = gorules.ZenDecisionContent(_zen_table(pack))
    evaluate = gorules.ZenEngine({"loader": lambda _: content}).evaluate
    name = "GoRules Zen, compiled and loaded"
    return Contender(name, lambda facts: evaluate("pack", facts), _zen_reader(pack), _nested)


def _zen_reader(pack: RulePack) -> Callable[[Any], Answer]:
    answer = _reader(pack)
    return lambda result: answer([row["rule"] for row in result["result"]])


def _zen_table(pack: RulePack) -> str:
    rules = clauses(pack)
    columns = {
        path: f"c{n}" for n, path in enumerate(sorted({c.path for terms in rules.values() for c in terms}))
    }
    rows = [{"_id": rule, "rule": f'"{rule}"'} | _zen_cells(columns, terms) for rule, terms in rules.items()]
    return json.dumps(_zen_graph(columns, rows))


def _zen_cells(columns: dict[str, str], terms: list[Clause]) -> dict[str, str]:
    cells = dict.fromkeys(columns.values(), "")
    return cells | {columns[clause.path]: _zen_cell(clause) for clause in terms}


def _zen_cell(clause: Clause) -> str:
    value = json.dumps(clause.value)
    test = f"not in {value}" if clause.op == "not in" else f"$ {clause.op} {value}"
    return f"$ != null and {test}" if clause.optional else test


def _zen_graph(columns: dict[str, str], rows: list[dict[str, str]]) -> dict[str, Any]:
    inputs = [{"id": column, "name": path, "field": path} for path, column in columns.items()]
    outputs = [{"id": "rule", "name": "rule", "field": "rule"}]
    table = {"hitPolicy": "collect", "inputs": inputs, "outputs": outputs, "rules": rows}
    kinds = {"in": "inputNode", "table": "decisionTableNode", "out": "outputNode"}
    nodes = [
        {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}} for name, kind in kinds.items()
    ]
    nodes[1]["content"] = table
    edges = [
        {"id": source, "type": "edge", "sourceId": source, "targetId": target}
        for source, target in (("in", "table"), ("table", "out"))
    ]
    return {"nodes": nodes, "edges": edges}


def cedar(pack: RulePack) -> Contender:
    """Cedar: one ``forbid`` per rule; the diagnostics name every policy that decided."""
    import cedarpy

    rules = clauses(pack)
    policies = ["permit(principal, action, resource);"]
    policies += [
        f"forbid(principal, action, resource) when {{ {' && '.join(map(_cedar, terms))} }};"
        for terms in rules.values()
    ]
    policy_set = cedarpy.PolicySet.from_str("\n".join(policies))
    entities = cedarpy.Entities.from_json_str("[]")
    names = {f"policy{n}": rule for n, rule in enumerate(rules, start=1)}
    answer = _reader(pack)
    return Contender(
        "Cedar (cedarpy)",
        lambda request: cedarpy.is_authorized(request, policy_set, entities),
        lambda result: answer([names[reason] for reason in result.diagnostics.reasons if reason in names]),
        _cedar_request,
    )


def _cedar(clause: Clause) -> str:
    field = f"context.{_flat(clause.path)}"
    if isinstance(clause.value, tuple):
        test = f"!([{', '.join(map(_cedar_value, clause.value))}].contains({field}))"
    else:
        test = f"{field} {clause.op} {_cedar_value(clause.value)}"
    return f"context has {_flat(clause.path)} && {test}" if clause.optional else test


def _cedar_value(value: Any) -> str:
    return str(round(value * CEDAR_SCALE)) if isinstance(value, float) else json.dumps(value)


def _cedar_request(facts: Facts) -> dict[str, Any]:
    context = {
        _flat(path): round(value * CEDAR_SCALE) if isinstance(value, float) else value
        for path, value in facts.items()
    }
    return {"principal": 'U::"u"', "action": 'A::"trade"', "resource": 'R::"r"', "context": context}


def cel_rust(pack: RulePack) -> Contender:
    """CEL in Rust (common-expression-language): one compiled program per rule, one shared context."""
    import cel

    programs = [
        (rule, cel.compile(" && ".join(map(_cel, terms))).execute) for rule, terms in clauses(pack).items()
    ]

    def ask(variables: dict[str, Any]) -> list[str]:
        context = cel.Context(variables=variables)
        return [rule for rule, execute in programs if execute(context)]

    def prepare(facts: Facts) -> dict[str, Any]:
        return {"facts": {_flat(path): value for path, value in facts.items()}}

    return Contender("CEL in Rust", ask, _reader(pack), prepare)


def _cel(clause: Clause) -> str:
    field, value = f"facts.{_flat(clause.path)}", clause.value
    if isinstance(value, tuple):
        test = f"!({field} in {json.dumps(value)})"
    else:
        test = f"{field} {clause.op} {json.dumps(value)}"
    return f"has({field}) && {test}" if clause.optional else test


def business_rules(pack: RulePack) -> Contender:
    """business-rules: its own JSON rules with an action that collects the rule's name."""
    from business_rules import actions, engine, variables

    rules = [_business_rule(rule, terms) for rule, terms in clauses(pack).items()]
    fields = {clause.path: clause.value for terms in clauses(pack).values() for clause in terms}
    members = {_flat(path): _business_variable(variables, path, value) for path, value in fields.items()}
    members |= {f"has_{_flat(path)}": _business_presence(variables, path) for path in fields}
    defined = type("Variables", (variables.BaseVariables,), {"__init__": _hold, **members})

    class Collect(actions.BaseActions):
        def __init__(self) -> None:
            self.hits: list[str] = []

        @actions.rule_action(params={"rule": "text"})
        def collect(self, rule: str) -> None:
            self.hits.append(rule)

    def ask(facts: Facts) -> list[str]:
        collected = Collect()
        engine.run_all(rules, defined(facts), collected, stop_on_first_trigger=False)
        return collected.hits

    return Contender("business-rules", ask, _reader(pack))


def _hold(self: Any, facts: Facts) -> None:
    self.facts = facts


def _business_variable(variables: Any, path: str, value: Any) -> Callable[[Any], Any]:
    kind = {bool: "boolean", float: "numeric"}.get(type(value), "string")
    decorate = getattr(variables, f"{kind}_rule_variable")()
    return decorate(lambda self: self.facts[path])


def _business_presence(variables: Any, path: str) -> Callable[[Any], Any]:
    return variables.boolean_rule_variable()(lambda self: path in self.facts)


def _business_rule(rule: str, terms: list[Clause]) -> dict[str, Any]:
    tests = [test for clause in terms for test in _business_tests(clause)]
    return {"conditions": {"all": tests}, "actions": [{"name": "collect", "params": {"rule": rule}}]}


def _business_tests(clause: Clause) -> list[dict[str, Any]]:
    name, value = _flat(clause.path), clause.value
    words = {
        ">": "greater_than",
        ">=": "greater_than_or_equal_to",
        "<": "less_than",
        "<=": "less_than_or_equal_to",
    }
    if isinstance(value, bool):
        test = {"name": name, "operator": "is_true" if value else "is_false", "value": ""}
    elif isinstance(value, tuple):
        pattern = f"^(?!(?:{'|'.join(re.escape(str(option)) for option in value)})$)"
        test = {"name": name, "operator": "matches_regex", "value": pattern}
    else:
        test = {"name": name, "operator": words.get(clause.op, "equal_to"), "value": value}
    presence = {"name": f"has_{name}", "operator": "is_true", "value": ""}
    return [presence, test] if clause.optional else [test]


def _reader(pack: RulePack) -> Callable[[list[str]], Answer]:
    verdicts: dict[str, Verdict | None] = {rule.id: rule.then for rule in pack.rules}
    return lambda hits: answer_of(set(hits), verdicts)


def _flat(path: str) -> str:
    return path.replace(".", "_")


def _nested(facts: Facts) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in facts.items():
        *parents, last = path.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested
