"""A first version of a new rule, put into the text of its pack: valid, commented, with cases that hold.

The rule reads one input and objects only to what no case of the pack expects to pass, so that the
pack still keeps every promise it made. What it says and where its limit lies is for the author.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.packs.insertion import insert_at_end, insert_section, written_in_blocks
from engine import RulePack, Verdict, evaluate, read_pack, review_pack
from engine.boundary_values import starting_facts
from engine.declarations import Input
from engine.facts import FactReader
from engine.literals import literal
from engine.pack_reader import NAME
from engine.strict_yaml import Located, read_yaml
from engine.tree import Scalar

_SAMPLE_WORD = "EXAMPLE"


class EditRefused(Exception):
    """The text cannot be edited as asked; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule about to be written; ``limit`` gets a name of its own, and is None for words and switches."""

    id: str
    reads: Input
    then: Verdict
    wrong: Scalar
    right: Scalar
    limit: float | None

    @property
    def limit_name(self) -> str:
        """The rule's id as the name of a limit."""
        return f"{self.id.replace('-', '_')}_limit"


def with_new_rule(
    pack: RulePack, used: Mapping[str, str], rule_id: str | None, reads: str | None, then: Verdict
) -> tuple[str, Draft]:
    """The text of ``pack`` with one rule more, and that rule.

    Args:
        used: ids that may not be used again, each with the version that had it first.
        rule_id: kebab-case; None takes the first free ``new-rule``.
        reads: the input its condition reads; None takes the first that leaves room.
        then: REVIEW or REJECT.

    Raises:
        EditRefused: the id was used before, or no rule fits without breaking a case.
    """
    _needs_blocks(pack)
    chosen = _free_id(pack, used, rule_id)
    for declared in _candidates(pack, reads):
        draft = _draft(pack, chosen, declared, then)
        text = None if draft is None else _written(pack, draft)
        if draft is not None and text is not None:
            return text, draft
    what = f"its input {reads}" if reads else "any input"
    raise EditRefused(
        f"{pack.source}: no rule over {what} fits without breaking a case of {pack.name}; "
        "name another input with --reads"
    )


def _needs_blocks(pack: RulePack) -> None:
    root = _document(pack, pack.text)
    assert isinstance(root.value, dict)
    for section in ("limits", "rules"):
        if section in root.value and not written_in_blocks(root, section):
            raise EditRefused(f"{pack.source}: write the {section} one below the other first, then try again")


def _free_id(pack: RulePack, used: Mapping[str, str], wanted: str | None) -> str:
    taken = {rule.id: "the editable text" for rule in pack.rules} | dict(used)
    if wanted is None:
        names = (f"new-rule-{number}" if number > 1 else "new-rule" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)
    if wanted in taken:
        where = taken[wanted]
        raise EditRefused(
            f"{pack.name} has a rule {wanted} in {where}; ids are never used again, choose another"
        )
    if not NAME.fullmatch(wanted):
        raise EditRefused(f"'{wanted}' is no rule id; write kebab-case, such as late-news")
    return wanted


def _candidates(pack: RulePack, reads: str | None) -> Iterator[Input]:
    """The input that was named, or all that callers set: first those that no rule reads yet."""
    if reads is not None:
        if reads not in pack.inputs:
            raise EditRefused(f"{pack.name} has no input {reads}; `trivet explain {pack.name}` lists them")
        yield pack.inputs[reads]
        return
    read = {name for rule in pack.rules for name in rule.reads}
    yield from sorted(pack.inputs.values(), key=lambda one: (one.name in read, one.type != "number"))


def _draft(pack: RulePack, rule_id: str, declared: Input, then: Verdict) -> Draft | None:
    """A rule over ``declared`` that objects to no value that must be judged milder; None without room."""
    seen = [facts[declared.name] for facts in _milder(pack, then) if declared.name in facts]
    if not seen:
        return None
    if declared.type != "number":
        free = next((value for value in _other_values(declared) if value not in seen), None)
        return None if free is None else Draft(rule_id, declared, then, free, seen[0], None)
    numbers = [float(value) for value in seen]
    limit = min(numbers) if declared.direction == "safer_up" else max(numbers)
    wrong = _beyond(declared, limit)
    return None if wrong is None else Draft(rule_id, declared, then, wrong, limit, limit)


def _milder(pack: RulePack, then: Verdict) -> Iterator[Mapping[str, Scalar]]:
    """The facts of the first starting point and of every case that must not be judged as ``then``."""
    yield starting_facts(pack)
    yield from (case.facts for rule in pack.rules for case in rule.cases if case.expect < then)


def _other_values(declared: Input) -> tuple[Scalar, ...]:
    if declared.type == "boolean":
        return (True, False)
    if declared.one_of is not None:
        return declared.one_of
    faults = FactReader({declared.name: declared}).read({declared.name: _SAMPLE_WORD})[1]
    return () if faults else (_SAMPLE_WORD,)


def _beyond(declared: Input, limit: float) -> float | None:
    """A value on the riskier side of ``limit``: the end of the range, or well outside where there is none."""
    end = declared.minimum if declared.direction == "safer_up" else declared.maximum
    open_end = limit - 1.0 if declared.direction == "safer_up" else limit + 1.0
    value = open_end if end is None else end
    return None if value == limit else value


def _written(pack: RulePack, draft: Draft) -> str | None:
    """The new text if it keeps every promise that the old one keeps; None if it breaks one."""
    text = pack.text
    if draft.limit is not None:
        text = _with_limit(text, _document(pack, text), draft, draft.limit)
    text = _with_rule(pack, text, draft)
    problems = review_pack(read_pack(text, pack.source))
    known = {(one.code, one.text) for one in review_pack(pack)}
    return text if all((one.code, one.text) in known for one in problems) else None


def _with_limit(text: str, root: Located, draft: Draft, limit: float) -> str:
    unit = f", unit: {draft.reads.unit}" if draft.reads.unit else ""
    line = f"  {draft.limit_name}: {{value: {_yaml(limit)}{unit}}}"
    assert isinstance(root.value, dict)
    if "limits" not in root.value:
        return insert_section(text, root, "limits", "rules", [line])
    return insert_at_end(text, root, "limits", [line])


def _with_rule(pack: RulePack, text: str, draft: Draft) -> str:
    root = _document(pack, text)
    assert isinstance(root.value, dict)
    dash = " " * (root.value["rules"].column - 1)
    return insert_at_end(text, root, "rules", ["", *(dash + line for line in _lines(pack, draft))])


def _lines(pack: RulePack, draft: Draft) -> list[str]:
    name, bound = draft.reads.name, f"limits.{draft.limit_name}"
    sign = "<" if draft.reads.direction == "safer_up" else ">"
    when = f"{name} == {literal(draft.wrong)}" if draft.limit is None else f"{name} {sign} {bound}"
    told = "" if draft.limit is None else f"; {{{bound}}} is where a second look begins"
    right = _yaml(draft.right) if draft.limit is None else bound
    hit, miss = ("as it says", "otherwise") if draft.limit is None else ("too far", "at the limit")
    return [
        "# The id names what is objected to and stays for ever: no other rule may ever have it.",
        f"- id: {draft.id}",
        "  # Inputs, limits, && || ! in has(); numbers as limits, so that they have a name and a unit.",
        f"  when: {_quoted(when)}",
        f"  then: {draft.then.name}  # or, in its place, cap: the largest fraction of equity",
        "  # What a person is told; names in braces are filled in.",
        f'  reason: "{name} is {{{name}}}{told}"',
        "  rationale: Say here why the rule exists.",
        "  cases:",
        f"    {hit}: {_case(pack, draft, draft.wrong, _yaml(draft.wrong), draft.then)}",
        f"    {miss}: {_case(pack, draft, draft.right, right, Verdict.APPROVE)}",
    ]


def _case(pack: RulePack, draft: Draft, value: Scalar, written: str, says: Verdict) -> str:
    """A case that differs from the starting point in the one input; the other rules have their say."""
    name, start = draft.reads.name, next(iter(pack.cast), None)
    facts = starting_facts(pack) | {name: value}
    expect = max(says, evaluate([pack], facts).verdict).name
    if start is not None:
        return f"{{from: {start}, with: {{{name}: {written}}}, expect: {expect}}}"
    given = (f"{path}: {written if path == name else _yaml(one)}" for path, one in facts.items())
    return f"{{with: {{{', '.join(given)}}}, expect: {expect}}}"


def _document(pack: RulePack, text: str) -> Located:
    root, _ = read_yaml(text, pack.source)
    assert root is not None, "a pack that was read is YAML"
    return root


def _yaml(value: Scalar) -> str:
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return literal(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
