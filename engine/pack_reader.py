"""``read_pack``: the text of a pack becomes a ``RulePack``, or every problem of it at once."""

import re

from engine.condition import parse_condition
from engine.declaration_reader import read_inputs, read_limits
from engine.declarations import Input, Limit
from engine.errors import PackProblems
from engine.message import Message, compile_message, slots
from engine.pack import Case, Place, Rule, RulePack
from engine.problems import did_you_mean
from engine.shape import Notes, Section
from engine.strict_yaml import Located, read_yaml
from engine.tree import Node, Scalar
from engine.verdict import Verdict

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
PACK_KEYS = (
    "pack",
    "version",
    "owner",
    "purpose",
    "decision_ttl_seconds",
    "inputs",
    "limits",
    "cast",
    "rules",
)
RULE_KEYS = ("id", "when", "then", "cap", "reason", "rationale", "cases", "always")
CASE_KEYS = ("from", "with", "without", "expect", "size")
VERDICT_WORDS = ("APPROVE", "REVIEW", "REJECT")


def read_pack(text: str, source: str) -> RulePack:
    """Read the pack in ``text``; ``source`` names it in problems, usually its path.

    Raises:
        PackProblems: with every problem of the text, each at its line and column.
    """
    root, problems = read_yaml(text, source)
    notes = Notes(source, problems)
    pack = _Reader(root, text, notes).pack() if root is not None else None
    if pack is None or any(problem.severity == "error" for problem in notes.problems):
        raise PackProblems(notes.problems)
    return pack


class _Reader:
    """Reads one pack top to bottom; later sections refer to the earlier ones."""

    def __init__(self, root: Located, text: str, notes: Notes) -> None:
        self.notes = notes
        self.text = text
        self.root = Section(root, "", notes, PACK_KEYS)
        self.places: dict[str, Place] = {}
        self.inputs: dict[str, Input] = {}
        self.limits: dict[str, Limit] = {}
        self.cast: dict[str, dict[str, Scalar]] = {}

    def pack(self) -> RulePack | None:
        name = self._matching("pack", NAME, "kebab-case, such as trading-core")
        version = self._matching("version", VERSION, "three numbers, such as 1.0.0")
        ttl = self.root.whole("decision_ttl_seconds", 60)
        owner, purpose = self.root.text("owner"), self.root.text("purpose")
        self.inputs = read_inputs(self.root, self.places)
        self.limits = read_limits(self.root, self.places)
        self._read_cast()
        rules = self._read_rules()
        if name is None or version is None or ttl is None:
            return None
        return RulePack(
            name, version, owner, purpose, ttl, self.inputs, self.limits, self.cast, rules,
            self.notes.source, self.text, self.places,
        )  # fmt: skip

    def _matching(self, key: str, pattern: re.Pattern[str], what: str) -> str | None:
        value = self.root.text(key, required=True)
        if value is not None and not pattern.fullmatch(value):
            self.notes.add(self.root.entries[key], "P303", f"{key} cannot be '{value}'; write {what}")
        return value

    def _read_cast(self) -> None:
        section = self.root.section("cast")
        for name, at in section.items() if section else ():
            self.places[f"cast.{name}"] = Place(at.line, at.column)
            self.cast[name] = self._facts(Section(at, f"cast {name}", self.notes))

    def _facts(self, section: Section) -> dict[str, Scalar]:
        facts = {}
        for path, at in section.items():
            value = self._fact(section, path, at)
            if value is not None:
                facts[path] = value
        return facts

    def _fact(self, section: Section, path: str, at: Located) -> Scalar | None:
        if path not in self.inputs:
            hint = did_you_mean(path, self.inputs) or "; declare it under inputs"
            self.notes.add(
                section.key(path), "P401", f"{section.name} sets {path}, which is not an input{hint}"
            )
            return None
        if isinstance(at.value, str) and at.value.startswith("limits."):
            return self._limit_value(section, at, at.value)
        return Section.scalar(section, at)

    def _limit_value(self, section: Section, at: Located, path: str) -> Scalar | None:
        limit = self.limits.get(path.removeprefix("limits."))
        if limit is None or isinstance(limit.value, tuple):
            known = (
                f"limits.{name}" for name, one in self.limits.items() if not isinstance(one.value, tuple)
            )
            hint = did_you_mean(path, known)
            self.notes.add(
                at, "P205", f"{section.name} uses {path}, which is not a single-valued limit{hint}"
            )
            return None
        return limit.value

    def _read_rules(self) -> tuple[Rule, ...]:
        rules: dict[str, Rule] = {}
        for at in self.root.sequence("rules", required=True):
            rule = self._rule(Section(at, "a rule", self.notes, RULE_KEYS))
            if rule is None:
                continue
            if rule.id in rules:
                line = rules[rule.id].place.line
                self.notes.add(
                    at, "P306", f"{rule.id} is the id of the rule in line {line} too; ids are unique"
                )
            rules[rule.id] = rule
        return tuple(rules.values())

    def _rule(self, section: Section) -> Rule | None:
        rule_id, when = section.text("id", required=True), section.text("when", required=True)
        if rule_id is not None:
            section.name = rule_id
            if not NAME.fullmatch(rule_id):
                self.notes.add(section.entries["id"], "P303", f"'{rule_id}' is no rule id; write kebab-case")
        then, cap = self._effect(section)
        condition = self._condition(section, when) if when is not None else None
        reason = section.text("reason")
        message = self._message(section, reason, when or "")
        cases = self._cases(section)
        if rule_id is None or when is None or condition is None:
            return None
        return Rule(
            rule_id, when, condition, then, cap, reason, message, section.text("rationale"), cases,
            section.flag("always"), _place(section.at), _place(section.entries["when"]),
        )  # fmt: skip

    def _effect(self, section: Section) -> tuple[Verdict | None, float | None]:
        if ("then" in section) == ("cap" in section):
            self.notes.add(
                section.at, "P307", f"{section.name} needs either then or cap, and only one of them"
            )
        then = section.one_of("then", ("REJECT", "REVIEW")) if "then" in section else None
        return Verdict[then] if then else None, self._cap(section) if "cap" in section else None

    def _cap(self, section: Section) -> float | None:
        at = section.entries["cap"]
        value = at.value
        if isinstance(value, str) and value.startswith("limits."):
            value = self._limit_value(section, at, value)
            if value is None:
                return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.notes.add(
            at, "P308", f"{section.name}: cap must be a fraction from 0 to 1, or a limit that is one"
        )
        return None

    def _condition(self, section: Section, when: str) -> Node | None:
        parsed = parse_condition(when, self.inputs, self.limits)
        at = section.entries["when"]
        for fault in parsed.faults:
            self.notes.add(at, fault.code, f"{section.name} {fault.text}", offset=fault.offset)
        return parsed.node

    def _message(self, section: Section, reason: str | None, when: str) -> Message:
        units = {name: one.unit for name, one in self.inputs.items()}
        limits = {f"limits.{name}": (one.value, one.unit) for name, one in self.limits.items()}
        if reason is None:
            return Message((when,), ())
        for name in slots(reason):
            if name not in units and name not in limits:
                hint = (
                    did_you_mean(name, (*units, *limits))
                    or "; write an input or limits.name between the braces"
                )
                offset = reason.index("{" + name)
                text = f"{section.name}: the reason names {{{name}}}, which is not declared{hint}"
                self.notes.add(section.entries["reason"], "P309", text, offset=offset)
                return Message((reason,), ())
        return compile_message(reason, units, limits)

    def _cases(self, rule: Section) -> tuple[Case, ...]:
        section = rule.section("cases")
        if section is None:
            return ()
        found = (
            self._case(name, Section(at, f"case '{name}'", self.notes, CASE_KEYS))
            for name, at in section.items()
        )
        return tuple(case for case in found if case is not None)

    def _case(self, name: str, section: Section) -> Case | None:
        expect = section.one_of("expect", VERDICT_WORDS, required=True)
        facts = dict(self._starting_point(section))
        if (changes := section.section("with")) is not None:
            facts |= self._facts(changes)
        for at in section.sequence("without"):
            if at.value in facts:
                del facts[str(at.value)]
            else:
                self.notes.add(
                    at, "P402", f"{section.name} leaves out '{at.value}', which is not set; remove it"
                )
        size = section.number("size")
        return Case(name, facts, Verdict[expect], size, _place(section.at)) if expect else None

    def _starting_point(self, section: Section) -> dict[str, Scalar]:
        name = section.text("from")
        if name is None:
            return {}
        if name not in self.cast:
            hint = did_you_mean(name, self.cast) or "; add it under cast"
            self.notes.add(
                section.entries["from"], "P403", f"{section.name} starts from '{name}', unknown{hint}"
            )
        return self.cast.get(name, {})


def _place(at: Located) -> Place:
    return Place(at.line, at.column)
