"""The stops as the API tells them, read often and briefly; what cannot be read counts as stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from ui.client import Api, Json
from ui.stop_words import ACTIVE, EVERYTHING, HALTED

PATH = "/v1/stops"
TRIP, REARM = f"{PATH}/trip", f"{PATH}/rearm"
LOOK_SECONDS = 3.0  # how long a look may take; a banner that waits tells nobody anything
TRIP_SECONDS = 10.0  # a policy service that is at its limits answers within this, or never


@dataclass(frozen=True, slots=True)
class Standing:
    """The stops that hold now, the gravest first; ``unread`` is why they cannot be told, None if they can."""

    stops: Sequence[Json] = ()
    unread: str | None = None


def look(api: Api) -> Standing:
    """How things stand. Never raises: whatever goes wrong here, nobody may take it for nothing stopped."""
    try:
        found = api.look(PATH, LOOK_SECONDS)["items"]
        return Standing(gravest_first([stop for stop in found if stop["state"] != ACTIVE]))
    except Exception as failure:  # whatever it is, not knowing counts as stopped
        return Standing(unread=str(failure) or type(failure).__name__)


def gravest_first(stops: Sequence[Json]) -> list[Json]:
    """What holds exits first, then what covers everything, then halts; of equals the earliest."""
    return sorted(stops, key=_place)


def _place(stop: Json) -> tuple[bool, bool, bool, int]:
    return stop["exits"], stop["scope"] != EVERYTHING, stop["state"] != HALTED, stop["number"]
