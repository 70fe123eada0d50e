"""Keeps the table of docs/features.md as the catalogue is; ``python -m adapters.features.page`` writes it."""

from pathlib import Path

from adapters.features.catalogue import FEATURES, SET_VERSION, Feature

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
_BEGIN = "<!-- what follows is written by python -m adapters.features.page -->\n"
_END = "<!-- up to here -->\n"
_HEAD = ("feature", "version", "unit", "needs", "formula", "source")


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
    """The version of the set, and one line for each feature."""
    lines = [_HEAD, tuple("---" for _ in _HEAD), *map(_line, FEATURES)]
    rows = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"\nVersion {SET_VERSION} of the set, {len(FEATURES)} features.\n\n{rows}\n"


def _line(feature: Feature) -> tuple[str, ...]:
    return (
        f"`{feature.name}`",
        str(feature.version),
        feature.unit,
        feature.in_words,
        feature.formula.replace("|", "\\|"),
        feature.source,
    )


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
