"""The text of a condition becomes a typed tree, or a list of everything wrong with it.

The grammar is ``grammar.lark``; this file adds what a grammar cannot say: names must be declared,
types and units must fit, and every condition must be small enough to be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from engine.declarations import Input, Limit
from engine.tree import Node
from engine.typing_rules import Checker, Fault

MAX_CHARACTERS = 2000
MAX_LEVELS = 50

_WORDS = {
    "$END": "the end",
    "ADD": "+",
    "MULTIPLY": "*",
    "COMPARE": "a comparison",
    "IN": "in",
    "RPAR": "')'",
    "RSQB": "']'",
    "COMMA": "','",
    "PATH": "a name",
    "NUMBER": "a number",
    "STRING": "a quoted string",
    "LPAR": "'('",
    "BANG": "'!'",
    "__ANON_0": "||",
    "__ANON_1": "&&",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """``node`` is None whenever there are faults; their offsets count characters from 0."""

    node: Node | None
    faults: tuple[Fault, ...] = ()


def parse_condition(text: str, inputs: Mapping[str, Input], limits: Mapping[str, Limit]) -> Parsed:
    """Parse and check ``text`` against the declared inputs and limits. Never raises on bad text."""
    if len(text) > MAX_CHARACTERS:
        return _refused(
            0, "P201", f"is {len(text)} characters long; {MAX_CHARACTERS} is the most: split the rule"
        )
    if too_deep := _bracket_depth_fault(text):
        return Parsed(None, (too_deep,))
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        return Parsed(None, (_syntax_fault(text, error),))
    if _depth(tree) > MAX_LEVELS:
        return _refused(0, "P202", f"nests deeper than {MAX_LEVELS} levels; split the rule")
    checker = Checker(inputs, limits)
    node = checker.condition(tree)
    return Parsed(None if checker.faults else node, tuple(sorted(checker.faults)))


def _refused(offset: int, code: str, text: str) -> Parsed:
    return Parsed(None, (Fault(offset, code, text),))


@cache
def _grammar() -> Lark:
    text = files("engine").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _bracket_depth_fault(text: str) -> Fault | None:
    """Brackets are counted before parsing, so that no text can make the parser's stack matter."""
    depth = 0
    for offset, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if depth > MAX_LEVELS:
            return Fault(offset, "P202", f"nests deeper than {MAX_LEVELS} levels; split the rule")
    return None


def _depth(tree: Tree[Token]) -> int:
    deepest, pending = 0, [(tree, 1)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in node.children if isinstance(child, Tree))
    return deepest


def _syntax_fault(text: str, error: UnexpectedInput) -> Fault:
    found = error.token.type if isinstance(error, UnexpectedToken) else None
    offset: int = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # lark leaves it None at the end
    if isinstance(error, UnexpectedToken) and found == "COMPARE" and _after_comparison(error):
        return Fault(offset, "P207", "comparisons do not chain; write both and join them with &&")
    if isinstance(error, UnexpectedEOF) or found == "$END":
        return Fault(len(text), "P203", f"ends too early; expected {_expected(error)}")
    advice = _advice(text, offset, error)
    return Fault(offset, "P203", f"cannot be read at '{text[offset : offset + 12]}'; {advice}")


def _after_comparison(error: UnexpectedToken) -> bool:
    return not {"COMPARE", "IN"} & set(error.accepts) and "ADD" in error.accepts


def _expected(error: UnexpectedInput) -> str:
    names = getattr(error, "accepts", None) or getattr(error, "allowed", None) or ()
    words = sorted({_WORDS[name] for name in names if name in _WORDS})
    return "one of " + ", ".join(words) if words else "something else"


def _advice(text: str, offset: int, error: UnexpectedInput) -> str:
    two, one = text[offset : offset + 2], text[offset]
    if one == "=" and two != "==":
        return "write == to compare"
    if one in "&|":
        return f"write {one * 2}"
    if one in "\"'":
        return "close the string with the quote it starts with"
    if one == "?":
        return "there is no ternary; write two rules"
    if one == "(" and isinstance(error, UnexpectedToken):
        return "there are no functions besides has(); join conditions with && or ||"
    if one.isdigit() or one == ".":
        return "write numbers as 0.5, 30 or 1e-5, without leading zeros"
    if isinstance(error, UnexpectedCharacters) and not one.isascii():
        return "only strings may hold such characters"
    return f"expected {_expected(error)}"
