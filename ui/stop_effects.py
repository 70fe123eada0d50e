"""What a stop did so far: what it held back, what it ended, and how soon nothing worked that it forbids."""

from collections.abc import Sequence

from ui.client import Api, ApiDown, Json, Problem
from ui.stops import LOOK_SECONDS
from ui.words import plain, when

OBEYED = "/v1/stops/obeyed"
MANY = 200  # orders and decisions that are counted; beyond it the number is a least
AT_ONCE_SECONDS = 0.1
CODE, RULES = "stopped", "house-stops/"
"""What a stop makes execution say of an order, and which rules say it of a signal."""


def effect(api: Api, stop: Json) -> str:
    """One sentence on what ``stop`` did, or that nobody can tell."""
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
    """How many signals the rules and orders execution refused because of ``stop``."""
    decisions = api.get("/v1/policy/decisions", decision="REJECT", since=since, limit=MANY)["items"]
    orders = api.get("/v1/orders", state="REJECTED", limit=MANY)["items"]
    signals = [one for one in about(stop, decisions) if names(one, "rule", RULES)]
    refused = [one for one in about(stop, orders) if when(one["created_at"]) >= when(since)]
    denied = [one for one in refused if names(one, "code", CODE)]
    return f"{counted(len(signals), 'signal')} and {counted(len(denied), 'order')}"


def about(stop: Json, found: Sequence[Json]) -> list[Json]:
    """Those of ``found`` that ``stop`` may concern: of a stop of one symbol, that symbol's."""
    kind, _, name = stop["scope"].partition(":")
    return [one for one in found if kind != "symbol" or one["symbol"] == name]


def names(found: Json, part: str, begins: str) -> bool:
    """Whether a reason's ``part`` begins so."""
    return any(reason[part].startswith(begins) for reason in found["reasons"])


def counted(number: int, what: str) -> str:
    """``1 order``, ``2 orders``, ``at least 200 orders``."""
    least = "at least " if number == MANY else ""
    return f"{least}{number} {what}{'' if number == 1 else 's'}"
