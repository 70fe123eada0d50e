"""Which symbols a text is about: tickers in the forms that news writes them, and a few companies' names."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from policy.strict_yaml import Located, read_yaml

COMPANIES = Path(__file__).with_name("companies.yaml")
SymbolOf = Callable[[str], str]
"""The house's form of a symbol; raises ValueError for what is none."""

_TICKER = r"([A-Z][A-Z0-9]{0,9}(?:[./-][A-Z]{1,2})?)(?![A-Za-z0-9])"
_CASHTAG = re.compile(rf"(?<![A-Za-z0-9$])\${_TICKER}")
_LISTED = re.compile(rf"\b(?:NASDAQ|Nasdaq|NYSE|AMEX|ARCA)\s*:\s*{_TICKER}")
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Finds symbols in texts: ``$AAPL``, ``(NASDAQ: AAPL)``, and names of ``companies`` as whole words."""

    symbol_of: SymbolOf
    companies: Mapping[str, str]
    """A company's name, as news writes it, and its symbol."""

    def found(self, text: str) -> tuple[str, ...]:
        """The symbols that ``text`` names, each once, in alphabetical order; markup is looked past."""
        plain = unicodedata.normalize("NFKC", _TAG.sub(" ", text))
        return tuple(sorted({*self._tickers(plain), *self._named(plain)}))

    def _tickers(self, plain: str) -> Iterator[str]:
        for pattern in (_CASHTAG, _LISTED):
            for match in pattern.finditer(plain):
                yield self.symbol_of(match.group(1))

    def _named(self, plain: str) -> Iterator[str]:
        for name, symbol in self.companies.items():
            if name in plain and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain):
                yield symbol


def read_mentions(symbol_of: SymbolOf, path: Path = COMPANIES) -> Mentions:
    """What finds the companies of ``path``; raises ValueError with file and line for what cannot be read."""
    root, problems = read_yaml(path.read_text("utf-8"), path.name)
    if root is None or problems or not isinstance(root.value, dict):
        told = problems[0] if problems else f"{path.name}:1:1 must be a mapping of symbols to names"
        raise ValueError(str(told))
    names = {
        name: symbol_of(symbol) for symbol, listed in root.value.items() for name in _names(listed, path)
    }
    return Mentions(symbol_of, names)


def _names(listed: Located, path: Path) -> Sequence[str]:
    entries = listed.value if isinstance(listed.value, list) else []
    names = [entry.value for entry in entries if isinstance(entry.value, str)]
    if not names or len(names) != len(entries):
        raise ValueError(f"{path.name}:{listed.line}:{listed.column} must be a list of names; write [Apple]")
    return names
