"""Keeps the table of docs/access.md what the code says: ``python -m adapters.access.page`` writes it anew."""

from pathlib import Path

from policy.access.callers import Role
from policy.access.routes import Needed, every_route

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
_BEGIN = "<!-- what follows is written by python -m adapters.access.page -->\n"
_END = "<!-- up to here -->\n"


def with_table(page: str) -> str:
    """``page`` with the table between its marks as the code has it; ValueError where a mark is missing."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(
            f"{PAGE} has lost a mark of its table; put it back: {_BEGIN.strip()}, {_END.strip()}"
        )
    return before + begin + table() + end + after


def table() -> str:
    """One line for each route, one column for each role."""
    roles = tuple(Role)
    head = ["route", *roles]
    lines = [head, ["---", *(":-:" for _ in roles)], *(_line(one, roles) for one in every_route())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _line(one: Needed, roles: tuple[Role, ...]) -> list[str]:
    route = f"`{one.method} {one.path}`"
    if not one.roles:
        return [f"{route} (no key)", *("●" for _ in roles)]
    return [route, *("●" if role in one.roles else "" for role in roles)]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
