"""How stops are said on the screens: what is stopped, how hard, why, and what follows from it."""

from collections.abc import Mapping

from ui.client import Json
from ui.words import moment, plain

HALTED, REDUCING, ACTIVE = "HALTED", "REDUCING", "ACTIVE"
EVERYTHING = "everything"
UNREADABLE = "unreadable"
MARKS: Mapping[str, tuple[str, str]] = {
    "HALTED": ("■", "red"),
    "REDUCING": ("◧", "orange"),
    "ACTIVE": ("○", "gray"),
}
MEANINGS: Mapping[str, str] = {
    "HALTED": "no signal is traded, and orders that add risk are cancelled; positions can still be left",
    "REDUCING": "only what makes positions smaller still passes, and orders that add risk are cancelled",
    "ACTIVE": "the rules decide",
}
EXITS_HELD = "positions cannot be left either; what they lose, they lose until somebody lets go"
CAUSES: Mapping[str, str] = {
    "person": "a person stopped it",
    "unreadable": "the stops cannot be read, which counts as stopped",
    "gate-passed-by": "the broker knows an order that the house had refused",
    "daily-drawdown": "the day's drawdown reached its limit",
    "daily-loss": "the day's loss reached its limit",
    "market-silent": "an open market told nothing new",
    "unresolved-reconciliation": "the books have differed from the broker's for too long",
    "missed-heartbeat": "a service that the gate depends on does not answer",
    "watcher-failed": "what watches over the limits could not be worked out",
    "repeated-executions": "a strategy traded too often in one day",
    "repeated-rejections": "the broker rejected a strategy too often in one day",
    "held-overnight": "shares were held after the close",
}
COMMAND = "trivet stop trip everything"
"""Stops the house without its API: the command writes to the store itself."""


def state(stop: Json) -> str:
    """How hard it holds as Markdown: mark, word and colour, so that none of them stands alone."""
    mark, colour = MARKS.get(stop["state"], ("?", "gray"))
    held = "" if stop["exits"] else ", exits held"
    return f":{colour}[**{mark}\u00a0{plain(stop['state'])}{held}**]"


def scope(text: str) -> str:
    """What is stopped, in words: ``everything``, ``the symbol AAPL``, ``the strategy trend``."""
    kind, _, name = text.partition(":")
    return f"the {kind} {plain(name)}" if name else plain(text)


def cause(stop: Json) -> str:
    """Why it was stopped, in words; a code that nobody has put into words stands as it is."""
    return CAUSES.get(stop["cause"], plain(stop["cause"].replace("-", " ")))


def meaning(stop: Json) -> str:
    """What holds now: for entries, for orders at work, for the way out, which belongs to no strategy."""
    if not stop["exits"] and not stop["scope"].startswith("strategy:"):
        return f"only cancellations pass, and {EXITS_HELD}"
    return MEANINGS.get(stop["state"], "")


def now(stop: Json) -> str:
    """The same as a sentence, which says of what where that is not everything."""
    of = "" if stop["scope"] == EVERYTHING else f", for {scope(stop['scope'])}"
    return f"Now{of}: {meaning(stop)}."


def standing(stop: Json) -> str:
    """One stop in a line: how hard, of what, since when, by whom and why; of unread ones nobody knows."""
    if stop["cause"] == UNREADABLE:
        return f"{state(stop)} **{scope(stop['scope'])}**: {plain(stop['note'])}"
    return f"{state(stop)} **{scope(stop['scope'])}** since {told(stop)}"


def told(stop: Json) -> str:
    """When it was stopped, by whom and why."""
    note = f": “{plain(stop['note'])}”" if stop["note"] else ""
    return f"{moment(stop['at'])}, by {plain(stop['by'])}, because {cause(stop)}{note}"
