"""Makes plain text of text from outside: one spelling, nothing invisible, no mark-up, no line breaks.

What it says is left as it is: a plain lie stays a lie. But it cannot hide, look like a tag or end a fence.
"""

import re
import unicodedata
from functools import lru_cache
from html import unescape
from itertools import groupby

_ROUNDS = 4  # layers of entities; what is wrapped deeper than anybody writes loses its ampersands
_MOST_MARKS = 3  # accents on one letter; more than any script needs is drawn over the lines around
_LONGEST_READ = 100_000
_MORE = "..."  # the single sign for it is not in NFKC

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|\x1b[@-_]"
)
_TAGS = re.compile(r"<[/!?]?[A-Za-z-][^<>]{0,2000}>")
# What chat templates of models write around messages, such as [INST]: some servers read it inside them, too.
_TEMPLATE_WORDS = re.compile(r"\[(/?[A-Z_]{3,24})\]")
_ANGLES = {ord("<"): "\u2039", ord(">"): "\u203a"}  # single angle quotation marks
# Letters by their class that show nothing: fillers, the blank of Braille, and what picks another picture.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_GONE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))
_SPACES = frozenset(("Zs", "Zl", "Zp"))


def plain(text: str, most: int) -> str:
    """``text`` in NFKC on one line, at most ``most`` letters long (3 or more); a longer one ends in "...".

    Out go terminal escapes, control, zero-width, direction and tag characters, HTML tags and entities; what
    is left of "<" and ">" becomes angle quotation marks, "[INST]" becomes "(INST)". The rest stays as it is.
    """
    text = text[:_LONGEST_READ]
    for _ in range(_ROUNDS):
        text = _peeled(before := text)
        if text == before:
            break
    else:
        text = _peeled(text.replace("&", " "))
    text = " ".join(_TEMPLATE_WORDS.sub(r"(\1)", text.translate(_ANGLES)).split())
    return text if len(text) <= most else text[: most - len(_MORE)].rstrip() + _MORE


def name_of(text: str, most: int = 32) -> str:
    """``text`` as a name: letters, digits and ``. _ - /`` of ASCII and nothing else, cut to ``most``."""
    return re.sub(r"[^A-Za-z0-9._/-]", "", plain(text, 4 * most))[:most]


def _peeled(text: str) -> str:
    """One layer taken off: escapes and tags go, letters that show nothing go, entities become letters."""
    text = _ESCAPES.sub("", text)
    text = unicodedata.normalize("NFKC", "".join(map(_shown, text)))
    return _calm(_TAGS.sub(" ", unescape(text)))


@lru_cache(maxsize=8192)
def _shown(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in _SPACES or letter in "\t\n\v\f\r":
        return " "
    hidden = kind in _GONE or letter in _BLANK or any(ord(letter) in span for span in _SELECTORS)
    return "" if hidden else letter


def _calm(text: str) -> str:
    """No more than a few accents in a row."""
    if text.isascii() or not any(unicodedata.category(letter) == "Mn" for letter in text):
        return text
    runs = groupby(text, key=lambda letter: unicodedata.category(letter) == "Mn")
    return "".join("".join(list(run)[:_MOST_MARKS]) if marks else "".join(run) for marks, run in runs)
