"""What a stop did so far: what it held back, what it ended, and how soon nothing worked that it forbids."""

from ui.client import Api, ApiDown, Json, Problem
from ui.stop_words import UNREADABLE
from ui.stops import LOOK_SECONDS
from ui.words import plain, when

OBEYED = "/v1/stops/obeyed"
MANY = 200  # orders and decisions that are counted; beyond it the number is a least
AT_ONCE_SECONDS = 0.1
CODE, RULES = "stopped", "house-stops/"
"""What a stop makes execution say of an order, and which rules say it of a signal."""


def effect(api: Api, stop: Json) -> str:
    """One sentence on what ``stop`` did, or that nobody can tell."""
    if stop["cause"] == UNREADABLE:
        return "Nobody can tell."
    try:
        obeyed = [one for one in api.look(OBEYED, LOOK_SECONDS)["items"] if one["number"] == stop["number"]]
        return (
            told(obeyed[0], held_back(api, stop, obeyed[0]["noticed_at"])) if obeyed else "Not noticed yet."
        )
    except (ApiDown, Problem) as failure:
        return f"What it did cannot be told: {plain(failure)}"


def told(obeyed: Json, held: str) -> str:
    """``3 signals and 1 order held back, 2 orders cancelled, quiet after 0.3 s``."""
    cancelled = counted(len(obeyed["cancelled"]), "order")
    if obeyed["outcome"] == "obeying":
        return f"{held} held back; orders that it forbids are still being cancelled."
    ended = "quiet" if obeyed["outcome"] == "quiet" else "replaced by a harder one"
    return f"{held} held back, {cancelled} cancelled, {ended} {soon(obeyed['seconds'])}."


def soon(seconds: float) -> str:
    """``at once``, ``after 0.3 s``."""
    return f"after {seconds:.1f} s" if seconds >= AT_ONCE_SECONDS else "at once"


def held_back(api: Api, stop: Json, since: str) -> str:
    """How many signals the rules and orders execution refused because of ``stop``.

    Of a strategy's stop the orders alone: a decision does not tell whose signal it was.
    """
    kind, _, name = stop["scope"].partition(":")
    orders = counted(len(denied(api, stop, since)), "order")
    if kind == "strategy":
        return orders
    decisions = api.get("/v1/policy/decisions", decision="REJECT", since=since, limit=MANY)["items"]
    concerned = [one for one in decisions if kind != "symbol" or one["symbol"] == name]
    signals = [one for one in concerned if any(why["rule"].startswith(RULES) for why in one["reasons"])]
    return f"{counted(len(signals), 'signal')} and {orders}"


def denied(api: Api, stop: Json, since: str) -> list[Json]:
    """Orders that were made since then and refused because of ``stop``, which their reason names first."""
    orders = api.get("/v1/orders", state="REJECTED", limit=MANY)["items"]
    later = [one for one in orders if when(one["created_at"]) >= when(since)]
    return [one for one in later if any(names(why, stop["scope"]) for why in one["reasons"])]


def names(why: Json, scope: str) -> bool:
    """Whether a reason is that ``scope`` is stopped: ``symbol:AAPL is halted (person, by kim) …``."""
    return bool(why["code"] == CODE and why["message"].startswith(f"{scope} is "))


def counted(number: int, what: str) -> str:
    """``1 order``, ``2 orders``, ``at least 200 orders``."""
    least = "at least " if number == MANY else ""
    return f"{least}{number} {what}{'' if number == 1 else 's'}"
