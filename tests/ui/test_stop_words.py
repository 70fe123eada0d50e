"""What people read of stops: state, scope, cause and consequence in words, and never less than is known."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.execution import overnight
from adapters.execution.anomalies import Anomaly
from adapters.execution.controls.repeats import CAUSES as REPEATS
from adapters.execution.stopping import watchers
from adapters.execution.stopping.api import ObeyedView
from adapters.execution.stopping.held import stopped
from policy.stops.contracts import StopView
from policy.stops.scope import Scope, StopState
from policy.stops.standing import UNREADABLE, Stop, StopsInForce
from policy.stops.tripping import PERSON
from tests.adapters.execution.order_events import NEW_ORDER
from tests.ui.doubles import answering
from ui import stop_words
from ui.client import Api
from ui.stop_effects import effect, told
from ui.stops import gravest_first, look

AT = datetime(2012, 9, 4, 15, tzinfo=UTC)


def stop(**changes: Any) -> dict[str, Any]:
    """A halt of everything by a person, with ``changes``, as the API sends it."""
    standing = {"scope": "everything", "state": StopState.HALTED, "exits": True, "cause": PERSON}
    whole = standing | {"by": "kim", "note": "", "at": AT, "number": 3} | changes
    return StopView(**whole).model_dump(mode="json")


def obeyed(**changes: Any) -> dict[str, Any]:
    """What execution tells of that halt, with ``changes``."""
    quiet = {"number": 3, "scope": "everything", "outcome": "quiet", "noticed_at": AT, "quiet_at": AT}
    whole = quiet | {"cancelled": (UUID(int=1), UUID(int=2)), "seconds": 0.31} | changes
    return ObeyedView(**whole).model_dump(mode="json")


def test_every_state_has_a_mark_of_its_own_beside_its_word() -> None:
    assert set(stop_words.MARKS) == set(StopState) == set(stop_words.MEANINGS)
    assert len({mark for mark, _ in stop_words.MARKS.values()}) == len(StopState)


@pytest.mark.parametrize(
    "code",
    [
        PERSON,
        UNREADABLE,
        watchers.FAILED,
        watchers.HEARTBEAT,
        overnight.CAUSE,
        Anomaly.GATE_PASSED_BY.value,
        *REPEATS.values(),
        "daily-drawdown",
        "daily-loss",
        "market-silent",
        "unresolved-reconciliation",
    ],
)
def test_every_cause_is_said_in_words(code: str) -> None:
    assert stop_words.cause(stop(cause=code)) == stop_words.CAUSES[code]


def test_a_cause_that_nobody_has_put_into_words_is_shown_as_it_is() -> None:
    assert stop_words.cause(stop(cause="full-moon")) == "full moon"


def test_one_line_tells_what_how_hard_since_when_by_whom_and_why() -> None:
    said = stop_words.standing(stop(scope="symbol:AAPL", note="*odd* quotes"))
    for part in (
        "HALTED",
        "the symbol AAPL",
        "2012-09-04 15:00:00 UTC",
        "kim",
        "a person",
        r"\*odd\* quotes",
    ):
        assert part in said


def test_stops_that_cannot_be_read_are_told_without_a_time() -> None:
    unread = stop(cause=UNREADABLE, by="policy", note="mend the store", at=datetime(1970, 1, 1, tzinfo=UTC))
    assert stop_words.standing(unread) == ":red[**■\u00a0HALTED**] **everything**: mend the store"
    with answering({"/v1/stops/obeyed": (200, {"items": []})}) as double:
        assert effect(Api(double.address), unread) == "Nobody can tell."


def test_held_exits_are_said_wherever_the_stop_is() -> None:
    held = stop(exits=False)
    assert "exits held" in stop_words.standing(held)
    assert "positions cannot be left" in stop_words.meaning(held)
    assert "positions can still be left" in stop_words.meaning(stop())
    of_strategy = stop(exits=False, scope="strategy:trend")
    assert "positions can still be left" in stop_words.meaning(of_strategy)


def test_what_holds_exits_is_told_first_then_what_covers_everything_then_the_hardest() -> None:
    mild, hard, halted, wide = (
        stop(scope="symbol:A", state=StopState.REDUCING, number=1),
        stop(scope="symbol:B", exits=False, number=9),
        stop(scope="strategy:trend", number=2),
        stop(state=StopState.REDUCING, number=3),
    )
    assert [one["number"] for one in gravest_first([mild, halted, wide, hard])] == [9, 3, 2, 1]


@pytest.mark.parametrize("answer", [(200, {}), (200, {"items": None}), (500, {}), (404, {}), (403, {})])
def test_whatever_goes_wrong_with_a_look_nobody_takes_it_for_nothing_stopped(answer: tuple[int, Any]) -> None:
    with answering({"/v1/stops": answer}) as double:
        found = look(Api(double.address))
    assert (found.stops, bool(found.unread)) == ((), True)


def test_only_stops_that_hold_are_told() -> None:
    active = stop(state=StopState.ACTIVE, scope="symbol:IBM")
    with answering({"/v1/stops": (200, {"items": [active, stop()]})}) as double:
        assert [one["scope"] for one in look(Api(double.address)).stops] == ["everything"]


def refused(scope: str, created_at: str, code: str = "stopped") -> dict[str, Any]:
    """As much of an order that a stop of ``scope`` refused as its stop is told by."""
    halt = Stop(Scope.parse(scope), StopState.HALTED, True, PERSON, "kim", "", AT, 3)
    why = stopped(replace(NEW_ORDER, symbol="AAPL", strategy="trend"), StopsInForce((halt,)), {}, ())
    assert why is not None
    return {"created_at": created_at, "reasons": [{"code": code, "message": why.message}]}


def rejected(symbol: str, rule: str) -> dict[str, Any]:
    """As much of a rejected signal as its stop is told by."""
    return {"symbol": symbol, "reasons": [{"rule": rule, "message": ""}]}


def test_what_a_stop_did_is_counted_from_its_own_time_and_symbol_on() -> None:
    later, earlier = "2012-09-04T15:00:01Z", "2012-09-04T14:59:59Z"
    orders = [refused("symbol:AAPL", later), refused("symbol:AAPL", earlier), refused("everything", later)]
    signals = [rejected("AAPL", "house-stops/halted"), rejected("AAPL", "trading-core/stale-data")]
    answers = {
        "/v1/stops/obeyed": (200, {"items": [obeyed(number=3)]}),
        "/v1/orders": (200, {"items": [*orders, refused("symbol:AAPL", later, "not-covered")]}),
        "/v1/policy/decisions": (200, {"items": signals}),
    }
    with answering(answers) as double:
        said = effect(Api(double.address), stop(scope="symbol:AAPL"))
    assert said == "1 signal and 1 order held back, 2 orders cancelled, quiet after 0.3 s."


def test_of_a_strategy_s_stop_only_its_own_orders_are_counted() -> None:
    later = "2012-09-04T15:00:01Z"
    answers = {
        "/v1/stops/obeyed": (200, {"items": [obeyed()]}),
        "/v1/orders": (200, {"items": [refused("strategy:trend", later), refused("everything", later)]}),
    }
    with answering(answers) as double:
        said = effect(Api(double.address), stop(scope="strategy:trend"))
    assert said == "1 order held back, 2 orders cancelled, quiet after 0.3 s."


def test_what_follows_from_a_stop_of_a_part_is_said_of_that_part() -> None:
    assert stop_words.now(stop()).startswith("Now: no signal is traded")
    assert stop_words.now(stop(scope="strategy:trend")).startswith("Now, for the strategy trend: no signal")


def test_a_stop_that_is_still_being_obeyed_never_looks_quiet() -> None:
    under_way = obeyed(outcome="obeying", quiet_at=None, seconds=None)
    assert "still being cancelled" in told(under_way, "0 signals and 0 orders")


def test_what_cannot_be_told_of_a_stop_is_said() -> None:
    with answering({}) as double:
        assert "cannot be told" in effect(Api(double.address), stop())
