"""Steps of the tests about packs in shadow."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, select

from policy.contracts import Decision
from policy.store import reading
from policy.tables import shadow_judgements
from tests.policy.parts import House, proposal


def shadow(house: House, text: str, version: str = "1.1.0", sets: Sequence[Any] = ("callers",)) -> None:
    """Release ``text`` and put it in shadow."""
    house.library.add(text)
    house.service.shelf.activate("trading-core", version, sets, by="ada", shadow=True)


def decide(house: House, number: int, **changes: Any) -> Decision:
    """Have one signal decided."""
    [answer] = house.service.evaluation.evaluate_batch([proposal(number, **changes)])
    assert isinstance(answer, Decision)
    return answer


def recorded(store: Engine) -> list[Any]:
    """What every shadow left behind."""
    with reading(store) as connection:
        return list(connection.execute(select(shadow_judgements).order_by(shadow_judgements.c.decision_id)))
