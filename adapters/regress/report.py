"""What a comparison of two sides came to, in numbers, and the same for a machine."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adapters.regress.examples import Example, Said
from adapters.regress.matrix import SIZES, Cell
from engine import RulePack, Verdict

Moved = Mapping[str, Mapping[str, int]]
"""How many signals moved, by kind (``verdicts``, ``sizes``, ``rules``, ``symbols``, ``months``) and name."""


@dataclass(frozen=True)
class Report:
    """Two sides over the same signals; ``rules`` are in the order of the counts in each cell."""

    base: tuple[RulePack, ...]
    head: tuple[RulePack, ...]
    source: str
    rules: tuple[str, ...]
    cells: tuple[Cell, ...]
    examples: tuple[Example, ...]

    @property
    def title(self) -> str:
        """Both sides by name; texts that are not released by their place too."""
        return f"{_titled(self.base)} -> {_titled(self.head)}"

    @cached_property
    def count(self) -> int:
        """How many signals were judged."""
        return sum(cell.count for cell in self.cells)

    @cached_property
    def matrix(self) -> Mapping[tuple[Verdict, Verdict], int]:
        """How many signals went from one verdict to another; all nine pairs, those that stayed too."""
        found = _tally(((cell.before, cell.after), cell.count) for cell in self.cells)
        return {(before, after): found[before, after] for before in Verdict for after in Verdict}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many signals are let through with less size (``smaller``) or more (``larger``)."""
        found = _tally((cell.size, cell.count) for cell in self.cells)
        return {word: found[move] for move, word in SIZES.items()}

    @cached_property
    def by_rule(self) -> Mapping[str, tuple[int, int, int]]:
        """Signals each rule objects to before and after, only after, and only before."""
        kinds = range(3)
        return {
            rule: tuple(sum(cell.rules[number][kind] for cell in self.cells) for kind in kinds)  # type: ignore[misc]
            for number, rule in enumerate(self.rules)
        }

    @cached_property
    def moved(self) -> Moved:
        """Everything that moved, by kind and name; what did not move is left out."""
        transitions = {_way(*pair): count for pair, count in self.matrix.items() if pair[0] != pair[1]}
        rules = {
            f"{rule} {word}": counts[kind]
            for rule, counts in self.by_rule.items()
            for kind, word in ((1, "objects to more"), (2, "objects to fewer"))
        }
        kinds = {
            "verdicts": transitions,
            "sizes": {f"{word} size": count for word, count in self.sizes.items()},
            "rules": rules,
            "symbols": _places((f"on {cell.symbol}", cell) for cell in self.cells),
            "months": _places((f"in {cell.month}", cell) for cell in self.cells),
        }
        return {
            kind: {name: count for name, count in found.items() if count} for kind, found in kinds.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: the matrix, what moved by rule and by symbol and month, and the examples."""
        return {
            "base": list(map(named, self.base)),
            "head": list(map(named, self.head)),
            "signals": {"source": self.source, "count": self.count},
            "transitions": [
                {"from": before.name, "to": after.name, "count": count}
                for (before, after), count in self.matrix.items()
            ],
            "moved": self.moved,
            "rules": [
                {"rule": rule, "both": both, "more": more, "fewer": fewer}
                for rule, (both, more, fewer) in self.by_rule.items()
            ],
            "by_symbol_and_month": [_cell(cell) for cell in self.cells if _moved(cell)],
            "examples": [_example(one) for one in self.examples],
        }


def named(pack: RulePack) -> dict[str, str]:
    """A pack by name, version and what it decides."""
    return {"pack": pack.name, "version": pack.version, "logic": pack.logic_hash}


def _titled(packs: Sequence[RulePack]) -> str:
    names = [(f"{pack.name}@{pack.version}", pack.source) for pack in packs]
    return " + ".join(name if source == name else f"{name} ({source})" for name, source in names)


def _places(cells: Iterable[tuple[str, Cell]]) -> dict[str, int]:
    """How many signals moved in each way at each place, such as ``APPROVE -> REJECT on AAPL``."""
    found = _tally((f"{way} {place}", cell.count) for place, cell in cells for way in _ways(cell))
    return dict(sorted(found.items()))


def _ways(cell: Cell) -> Iterator[str]:
    if cell.before != cell.after:
        yield _way(cell.before, cell.after)
    if cell.size:
        yield f"{SIZES[cell.size]} size"


def _way(before: Verdict, after: Verdict) -> str:
    return f"{before.name} -> {after.name}"


def _moved(cell: Cell) -> bool:
    return cell.before != cell.after or cell.size != 0


def _tally(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, count in pairs:
        found[key] += count
    return found


def _cell(cell: Cell) -> dict[str, Any]:
    size = {"size": SIZES[cell.size]} if cell.size else {}
    moved = {"from": cell.before.name, "to": cell.after.name, **size, "count": cell.count}
    return {"symbol": cell.symbol, "month": cell.month, **moved}


def _example(one: Example) -> dict[str, Any]:
    said = {"before": _said(one.before), "after": _said(one.after)}
    return {"signal_id": one.signal_id, "at": one.at, "facts": dict(one.facts), **said}


def _said(said: Said) -> dict[str, Any]:
    objections = [{"rule": rule, "message": message} for rule, message in said.objections]
    return {"decision": said.verdict.name, "approved_size_pct": said.size_pct, "objections": objections}
