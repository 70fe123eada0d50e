"""How the books beside the broker's are said: what a look came to, repairs, shares and dollars."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ui.client import Json
from ui.order_words import words
from ui.words import NOTHING, change, code, money, plain, shares

CASH = "cash"
OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    "agrees": ("✔", "blue", "both books agree"),
    "repaired": ("◆", "orange", "something differed and was put right"),
    "unexplained": ("✖", "red", "something differs that no order explains"),
    "silent": ("?", "orange", "the broker gave no whole answer, which says nothing about the books"),
}
REPAIRS: Mapping[str, str] = {
    "told": "an order followed the broker",
    "asked": "the broker was asked for an order",
    "adopted": "an order of the broker's was taken over",
    "frozen": "frozen",
    "released": "released by a person",
    "outlived": "the difference is gone",
}


def outcome(word: str) -> str:
    """What a look came to as Markdown: mark, words and colour, so that none of them stands alone."""
    mark, colour, said = OUTCOMES.get(word, ("?", "gray", plain(word)))
    return f":{colour}[**{mark}\u00a0{said}**]"


def repair(kind: str) -> str:
    """What a repair did."""
    return REPAIRS.get(kind, plain(kind))


def amount(asset: str, found: str) -> str:
    """Dollars of the cash, shares of anything else."""
    return plain(money(found)) if asset == CASH else shares(found)


def difference(asset: Json) -> str:
    """What the broker has more than the books; a dash where it is nothing."""
    far = Decimal(asset["theirs"]) - Decimal(asset["ours"])
    if not far:
        return NOTHING
    if asset["asset"] == CASH:
        return plain(change(far))
    return f"+{shares(far)}" if far > 0 else shares(far)


def agreement(asset: Json) -> str:
    """Whether both sides agree, and what stands between them where they do not."""
    if Decimal(asset["ours"]) == Decimal(asset["theirs"]):
        return "✔\u00a0agrees"
    if asset["moving"]:
        return ":gray[an order may still explain it]"
    return "✔\u00a0explained" if asset["agrees"] else ":red[**✖\u00a0unexplained**]"


def side(found: Json | None) -> str:
    """One side's view of an order: ``FILLED, 10 shares for $5,831.20``."""
    if found is None:
        return "does not have it"
    done = f"{shares(found['cum_qty'])} for {plain(money(found['notional']))}"
    return f"{words(found['state'])}, {done}"


def values(found: Mapping[str, Any]) -> str:
    """What stood in the books before a repair, or after it."""
    told = [f"{plain(name.replace('_', ' '))} **{plain(said(held))}**" for name, held in found.items()]
    return " · ".join(told) or NOTHING


def said(held: Any) -> str:
    """One value of a record; what is not there is a dash."""
    if held is None or held == []:
        return NOTHING
    return ", ".join(map(str, held)) if isinstance(held, list | tuple) else str(held)


def whose(repaired: Json) -> str:
    """The symbol, and the order by its id, that a repair concerns."""
    order = f" {code(repaired['order_id'])}" if repaired["order_id"] else ""
    return f"{plain(repaired['asset'])}{order}"
