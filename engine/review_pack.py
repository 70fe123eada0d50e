"""What ``check`` demands of a pack beyond being readable: words, directions, cases that mean something."""

from collections.abc import Iterator

from engine.cases import CaseResult, run_cases
from engine.declarations import Input
from engine.pack import Place, Rule, RulePack
from engine.problems import Problem, Severity
from engine.tree import Compare, Constant, InputRef, LimitRef, Node, walk


def review_pack(pack: RulePack) -> list[Problem]:
    """Every error and warning of a readable pack, its failing cases included, in the order of the text."""
    results = run_cases(pack)
    problems = [result.problem for result in results if result.problem is not None]
    problems += _missing_words(pack)
    problems += _vague_numbers(pack)
    for rule in pack.rules:
        problems += _rule_problems(pack, rule, [result for result in results if result.rule == rule.id])
    problems += _unused_limits(pack)
    return sorted(problems)


def _missing_words(pack: RulePack) -> Iterator[Problem]:
    for key, value in (("owner", pack.owner), ("purpose", pack.purpose)):
        if not value:
            yield _at(pack, Place(1, 1), "P501", f"the pack needs {key}: a reader must know it")


def _vague_numbers(pack: RulePack) -> Iterator[Problem]:
    for name, declared in pack.inputs.items():
        missing = [
            word for word in ("unit", "direction") if declared.type == "number" and not _given(declared, word)
        ]
        if missing:
            text = f"input {name} is a number and needs {' and '.join(missing)}"
            yield _at(pack, pack.places[f"inputs.{name}"], "P502", text)


def _given(declared: Input, word: str) -> bool:
    return getattr(declared, word) is not None


def _rule_problems(pack: RulePack, rule: Rule, results: list[CaseResult]) -> Iterator[Problem]:
    for key, value in (("reason", rule.reason), ("rationale", rule.rationale)):
        if not value:
            yield _at(pack, rule.place, "P503", f"{rule.id} needs {key}")
    if rule.always:
        yield from _always(pack, rule)
    else:
        yield from _missing_cases(pack, rule, results)
    yield from _bare_numbers(pack, rule)


def _always(pack: RulePack, rule: Rule) -> Iterator[Problem]:
    if rule.condition != Constant(True):
        yield _at(pack, rule.when_place, "P504", f'{rule.id} says always; then its condition must be "true"')


def _missing_cases(pack: RulePack, rule: Rule, results: list[CaseResult]) -> Iterator[Problem]:
    effects = {result.effect for result in results}
    if "hit" not in effects:
        yield _at(pack, rule.place, "P505", f"{rule.id} needs a case that hits it")
    if "miss" not in effects:
        yield _at(pack, rule.place, "P506", f"{rule.id} needs a case that just misses it")
    for path, limit in _boundaries(rule):
        if not any(result.case.facts.get(path) == limit for result in results):
            text = f"{rule.id} needs a case in which {path} is exactly {limit!r}: that is where rules fail"
            yield _at(pack, rule.place, "P507", text)


def _boundaries(rule: Rule) -> Iterator[tuple[str, float]]:
    """Every input that is compared with one number, with that number."""
    for node in walk(rule.condition):
        if not isinstance(node, Compare):
            continue
        for here, there in ((node.left, node.right), (node.right, node.left)):
            if isinstance(here, InputRef) and isinstance(number := _number(there), float):
                yield here.path, number


def _number(node: Node) -> object:
    return node.value if isinstance(node, Constant | LimitRef) else None


def _bare_numbers(pack: RulePack, rule: Rule) -> Iterator[Problem]:
    numbers = (node.value for node in walk(rule.condition) if isinstance(node, Constant))
    for number in dict.fromkeys(value for value in numbers if isinstance(value, float)):
        text = f"{rule.id} compares with a bare {number:g}; a limit would give it a name and a unit"
        yield _at(pack, rule.when_place, "P508", text, "warning")


def _unused_limits(pack: RulePack) -> Iterator[Problem]:
    read = {node.name for rule in pack.rules for node in walk(rule.condition) if isinstance(node, LimitRef)}
    for name in pack.limits:
        if name not in read and f"limits.{name}" not in pack.text:
            yield _at(
                pack,
                pack.places[f"limits.{name}"],
                "P509",
                f"no rule uses limits.{name}; remove it",
                "warning",
            )


def _at(pack: RulePack, place: Place, code: str, text: str, severity: Severity = "error") -> Problem:
    return Problem(pack.source, place.line, place.column, code, text, severity)
