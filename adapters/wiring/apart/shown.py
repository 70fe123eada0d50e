"""What the market service says of the step that it showed last: what of it was not let in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.questions import Answerer, NoAnswer
from adapters.market.door import Refused
from policy.contracts import utc_text

REFUSED = "market.refused"


def refused_answers(last: Callable[[], Refused | None]) -> Mapping[str, Answerer]:
    """What ``refused_at`` asks, answered with what came of the ``last`` step."""

    def answer(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
        found = last()
        return {"refused": None if found is None else found.to_state()}

    return {REFUSED: answer}


def refused_at(line: NatsLine, at: datetime) -> Refused:
    """What the market service did not let in of the step at ``at``.

    Raises ``NoAnswer`` when it gives none, or speaks of another step.
    """
    found = line.request(REFUSED, {})["refused"]
    refused = None if found is None else Refused.from_state(found)
    if refused is None or refused.at != at:
        raise NoAnswer(f"the market has not shown the step of {utc_text(at)}")
    return refused
