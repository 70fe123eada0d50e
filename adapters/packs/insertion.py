"""Lines put into a pack's text where they belong; every other character, comment and blank line stays."""

from engine.strict_yaml import Located


def insert_at_end(text: str, root: Located, section: str, lines: list[str]) -> str:
    """``text`` with ``lines`` after the last entry of the top-level ``section``, which must be there."""
    whole = text.split("\n")
    before = _end_of(whole, root, section)
    return "\n".join([*whole[:before], *lines, *whole[before:]])


def insert_section(text: str, root: Located, section: str, ahead_of: str, lines: list[str]) -> str:
    """``text`` with a new top-level ``section`` ahead of another one."""
    whole = text.split("\n")
    assert root.keys is not None
    at = _without_lead(whole, root.keys[ahead_of].line - 1)
    return "\n".join([*whole[:at], "", f"{section}:", *lines, *whole[at:]])


def written_in_blocks(root: Located, section: str) -> bool:
    """Whether the entries of ``section`` stand one below the other, with room for one more."""
    assert root.keys is not None
    assert isinstance(root.value, dict)
    return root.value[section].line > root.keys[section].line


def _end_of(whole: list[str], root: Located, section: str) -> int:
    """How many lines there are up to the last one of ``section``."""
    assert root.keys is not None
    start = root.keys[section].line
    later = [key.line - 1 for key in root.keys.values() if key.line > start]
    return _without_lead(whole, min(later, default=len(whole)))


def _without_lead(whole: list[str], at: int) -> int:
    """``at`` less the blank lines and unindented comments above it: they belong to what comes next."""
    while at > 0 and (not whole[at - 1].strip() or whole[at - 1].startswith("#")):
        at -= 1
    return at
