"""Literals as CEL writes them, read and printed, and a typed tree printed back as CEL."""

import re

from engine.tree import (
    And,
    Arithmetic,
    Compare,
    Constant,
    Has,
    In,
    InputRef,
    LimitRef,
    ListConstant,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|(.))", re.DOTALL
)
_SINGLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {
    c: c for c in "\\\"'`?"
}


def unquote(literal: str) -> tuple[str, str | None]:
    """The text of a quoted CEL literal, and its first unknown escape if it has one."""
    wrong: list[str] = []

    def replace(match: re.Match[str]) -> str:
        hexadecimal = match[1] or match[2] or match[3]
        code = int(hexadecimal, 16) if hexadecimal else int(match[4], 8) if match[4] else None
        if code is None and match[5] in _SINGLE:
            return _SINGLE[match[5]]
        if code is None or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            wrong.append(match[0])
            return ""
        return chr(code)

    text = _ESCAPE.sub(replace, literal[1:-1])
    return text, wrong[0] if wrong else None


def literal(value: Scalar) -> str:
    """``value`` as a CEL literal that reads back as exactly the same double, string or boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    return repr(float(value))


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def to_cel(node: Node, root: str = "") -> str:
    """``node`` as CEL with limits written out and numbers as doubles (``30`` as ``30.0``).

    ``root`` goes before every input, as in ``facts.symbol``: CEL's ``has()`` wants a field of
    something, so outside evaluators are best given the facts as one map.
    """
    prefix = f"{root}." if root else ""
    match node:
        case Constant() | ListConstant() | LimitRef() | InputRef() | Has():
            return _leaf(node, prefix)
        case Not(term):
            return f"!({to_cel(term, root)})"
        case Negative(term):
            return f"-({to_cel(term, root)})"
        case And(terms):
            return " && ".join(f"({to_cel(term, root)})" for term in terms)
        case Or(terms):
            return " || ".join(f"({to_cel(term, root)})" for term in terms)
        case In(item, options):
            return f"({to_cel(item, root)}) in {to_cel(options, root)}"
        case Compare(op, left, right) | Arithmetic(op, left, right):
            return f"({to_cel(left, root)}) {op} ({to_cel(right, root)})"


def _leaf(node: Constant | ListConstant | LimitRef | InputRef | Has, prefix: str) -> str:
    if isinstance(node, InputRef):
        return prefix + node.path
    if isinstance(node, Has):
        return f"has({prefix}{node.path})"
    value = node.values if isinstance(node, ListConstant) else node.value
    return f"[{', '.join(map(literal, value))}]" if isinstance(value, tuple) else literal(value)
