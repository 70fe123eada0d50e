"""What became of a trip can be read over HTTP: what was cancelled, when it was quiet, and the drills."""

from datetime import UTC, datetime

from sqlalchemy import insert

from adapters.execution.stopping import api
from adapters.execution.stopping.tables import stop_drills
from policy.api import create_app
from policy.store import writing
from tests.adapters.execution.parts import TradingHouse
from tests.policy.parts import serving


def shown(house: TradingHouse):
    with serving(create_app(house.policy, [api.router(house.store)])) as client:
        answer = client.get("/v1/stops/obeyed")
    assert answer.status_code == 200
    return answer.json()


def test_a_trip_tells_what_was_cancelled_for_it_and_that_it_is_quiet(either_house: TradingHouse):
    adding = either_house.order(1, symbol="MSFT")
    either_house.halt()
    either_house.execution.obey()
    (told,) = shown(either_house)["items"]
    assert (told["scope"], told["outcome"], told["cancelled"]) == ("everything", "quiet", [str(adding)])
    assert told["seconds"] >= 0


def test_drills_are_told_newest_first(house: TradingHouse):
    at = datetime(2012, 9, 4, 15, tzinfo=UTC)
    rows = [
        {"at": at, "by": "kim", "passed": passed, "digest": "0" * 64, "result": {"rows": []}}
        for passed in (False, True)
    ]
    with writing(house.store) as connection:
        connection.execute(insert(stop_drills), rows)
    assert [(one["number"], one["passed"]) for one in shown(house)["drills"]] == [(2, True), (1, False)]
