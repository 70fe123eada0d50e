"""Stops are latched, no trip loosens them, only people let go, and what cannot be read counts as stopped."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update

from adapters.storage.database import open_store
from policy.stops.scope import EVERYTHING, Scope, ScopeUnclear, StopState
from policy.stops.standing import UNREADABLE, Stop, StopsInForce, stops_in_force
from policy.stops.tables import stops as stops_table
from policy.stops.tripping import NeverTripped, StopRefused, Stops
from policy.store import reading, writing
from policy.tables import outbox
from tests.policy.parts import NOON, House, StillClock
from tests.policy.stops.deciding import decide, hits, own

AAPL = Scope.symbol("AAPL")
TREND = Scope.strategy("trend")
REDUCING, HALTED = StopState.REDUCING, StopState.HALTED


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store on either database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def stops(store: Engine) -> Stops:
    return Stops(store, StillClock())


def trip(stops: Stops, scope: Scope = EVERYTHING, state: StopState = HALTED, **more: object) -> Stop:
    return stops.trip(scope, state, **{"cause": "person", "by": "alice", **more})  # type: ignore[arg-type]


def told(stops: Stops) -> list[tuple[str, dict[str, object]]]:
    with reading(stops.store) as connection:
        found = connection.execute(select(outbox.c.type, outbox.c.data).order_by(outbox.c.seq))
        return [(row.type, json.loads(row.data)) for row in found]


def test_a_trip_is_in_force_at_once_and_says_who_when_and_why(stops: Stops) -> None:
    stop = trip(stops, note="the feed looks wrong")
    assert list(stops.in_force()) == [stop]
    assert (stop.state, stop.exits, stop.cause, stop.by) == (HALTED, True, "person", "alice")
    assert (stop.note, stop.at, stop.number) == ("the feed looks wrong", NOON, 1)


def test_a_stop_survives_a_restart(store_url: str) -> None:
    first = open_store(store_url)
    trip(Stops(first, StillClock()))
    first.dispose()
    second = open_store(store_url)
    try:
        assert Stops(second, StillClock()).in_force().at(EVERYTHING) is not None
    finally:
        second.dispose()


@pytest.mark.parametrize("first", [(REDUCING, True), (HALTED, True), (HALTED, False)])
@pytest.mark.parametrize("second", [(REDUCING, True), (HALTED, True), (HALTED, False)])
def test_a_further_trip_never_loosens(
    stops: Stops, first: tuple[StopState, bool], second: tuple[StopState, bool]
) -> None:
    before = trip(stops, state=first[0], exits=first[1])
    after = trip(stops, state=second[0], exits=second[1], by="bob")
    assert after.severity == max(before.severity, (second[0].severity, not second[1]))
    assert stops.in_force().at(EVERYTHING) == after


def test_the_same_trip_again_changes_nothing_and_tells_nobody(stops: Stops) -> None:
    first = trip(stops)
    assert trip(stops) == first
    assert len(stops.history()) == len(told(stops)) == 1


def test_another_cause_goes_on_record_beside_the_first(stops: Stops) -> None:
    trip(stops, cause="silent-market")
    for _ in range(3):
        trip(stops, cause="daily-drawdown", by="execution")
    assert [one.cause for one in stops.history()] == ["daily-drawdown", "silent-market"]
    assert [data["cause"] for _, data in told(stops)] == ["silent-market", "daily-drawdown"]


def test_trips_of_one_scope_at_once_come_to_the_hardest_and_each_cause_is_on_record_once(
    stops: Stops,
) -> None:
    wishes = [(REDUCING, True, "daily-loss"), (HALTED, False, "person"), (HALTED, True, "market-silent")] * 4
    with ThreadPoolExecutor(len(wishes)) as pool:
        list(pool.map(lambda one: trip(stops, state=one[0], exits=one[1], cause=one[2]), wishes))
    standing = stops.in_force().at(EVERYTHING)
    assert standing is not None
    assert (standing.state, standing.exits, standing.cause) == (HALTED, False, "person")
    assert sorted(one.cause for one in stops.history()) == ["daily-loss", "market-silent", "person"]
    assert len(told(stops)) == 3


def test_a_cause_that_comes_back_after_the_re_arming_trips_again(stops: Stops) -> None:
    trip(stops, cause="daily-drawdown")
    stops.rearm(EVERYTHING, by="alice", note="looked")
    assert trip(stops, cause="daily-drawdown").state is HALTED
    assert [one.act for one in stops.history()] == ["tripped", "rearmed", "tripped"]


def test_re_arming_lets_go_of_one_scope_and_is_on_record(stops: Stops) -> None:
    trip(stops, EVERYTHING)
    trip(stops, AAPL)
    rearmed = stops.rearm(EVERYTHING, by="bob", note="the feed is back")
    assert (rearmed.state, rearmed.by, rearmed.note) == (StopState.ACTIVE, "bob", "the feed is back")
    assert [str(one.scope) for one in stops.in_force()] == ["symbol:AAPL"]
    assert [str(one.scope) for one in stops.listed()] == ["everything", "symbol:AAPL"]
    assert told(stops)[-1] == ("stop.rearmed", stops.history()[0].model_dump(mode="json"))


def test_no_time_re_arms(stops: Stops) -> None:
    trip(stops)
    assert isinstance(stops.clock, StillClock)
    stops.clock.pass_by(days=400)
    assert stops.in_force()


@pytest.mark.parametrize(
    ("by", "note", "words"),
    [
        ("alice", "", "re-arming needs a note that says why it is safe to go on; give one"),
        ("alice", "  ", "re-arming needs a note that says why it is safe to go on; give one"),
        ("", "fine", 'only a person re-arms, and "" is none; give your own name'),
        ("execution", "fine", 'only a person re-arms, and "execution" is none; give your own name'),
    ],
)
def test_only_a_person_with_a_note_re_arms(stops: Stops, by: str, note: str, words: str) -> None:
    trip(stops)
    with pytest.raises(StopRefused) as refused:
        stops.rearm(EVERYTHING, by=by, note=note)
    assert str(refused.value) == words
    assert stops.in_force()


def test_re_arming_twice_changes_nothing_the_second_time(stops: Stops) -> None:
    trip(stops)
    first = stops.rearm(EVERYTHING, by="alice", note="looked")
    assert stops.rearm(EVERYTHING, by="bob", note="looked too") == first
    assert len(stops.history()) == 2


def test_re_arming_what_was_never_stopped_is_an_error(stops: Stops) -> None:
    trip(stops, TREND)
    with pytest.raises(NeverTripped, match=r"^strategy:trnd was never stopped; look at what is with"):
        stops.rearm(Scope.strategy("trnd"), by="alice", note="typed in a hurry")


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        (StopState.ACTIVE, {}, "a trip stops something; ask for REDUCING or HALTED, or re-arm instead"),
        (REDUCING, {"exits": False}, "only a halt holds exits back; ask for HALTED, or let exits pass"),
        (HALTED, {"cause": "x" * 65}, f'"{"x" * 65}" is no cause; write a code in small letters such as'),
        (HALTED, {"cause": "Because!"}, '"Because!" is no cause; write a code in small letters such as'),
    ],
)
def test_what_is_no_trip_is_refused(
    stops: Stops, state: StopState, more: dict[str, object], words: str
) -> None:
    with pytest.raises(StopRefused) as refused:
        trip(stops, state=state, **more)
    assert str(refused.value).startswith(words)
    assert not stops.listed()


def test_a_trip_in_a_transaction_that_fails_did_not_happen(stops: Stops) -> None:
    def fails() -> None:
        with writing(stops.store) as connection:
            trip(stops, connection=connection)
            assert stops_in_force(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not stops.in_force()
    assert not told(stops)


def test_missing_stops_count_as_everything_halted_and_leave_the_transaction_usable(stops: Stops) -> None:
    with writing(stops.store) as connection:
        connection.execute(text("DROP TABLE stops"))
    with reading(stops.store) as connection:
        found = stops_in_force(connection).over("AAPL", None)
        assert connection.scalar(text("SELECT 41 + 1")) == 42
    assert found is not None
    assert (found.scope, found.state, found.exits, found.cause) == (EVERYTHING, HALTED, True, UNREADABLE)


def test_a_signal_is_rejected_and_that_recorded_where_the_stops_cannot_be_read(house: House) -> None:
    with writing(house.service.store) as connection:
        connection.execute(text("DROP TABLE stops"))
    decision = decide(house, own())
    assert hits(decision) == [("house-stops/halted", "hit")]
    assert decide(house, own()) == decision


@pytest.mark.parametrize("column", ["scope", "state"])
def test_a_stop_that_makes_no_sense_counts_as_everything_halted(stops: Stops, column: str) -> None:
    trip(stops, AAPL, REDUCING)
    with writing(stops.store) as connection:
        connection.execute(update(stops_table).values(**{column: "LOOSE"}))
    found = stops.in_force().over("IBM", None)
    assert found is not None
    assert (found.state, found.cause) == (HALTED, UNREADABLE)


def test_a_closed_connection_counts_as_everything_halted(stops: Stops) -> None:
    with stops.store.connect() as connection:
        pass
    found = stops_in_force(connection).over("AAPL", "trend")
    assert found is not None
    assert found.cause == UNREADABLE


@pytest.fixture(scope="module")
def every_stop() -> list[Stop]:
    scopes = (EVERYTHING, AAPL, Scope.symbol("IBM"), TREND)
    kinds = ((REDUCING, True), (HALTED, True), (HALTED, False))
    return [
        Stop(scope, state, exits, "person", "alice", "", NOON, number)
        for number, (scope, (state, exits)) in enumerate(product(scopes, kinds))
    ]


@settings(max_examples=200, deadline=None)
@given(chosen=st.sets(st.integers(0, 11)), more=st.integers(0, 11), strategy=st.sampled_from([None, "trend"]))
def test_a_stop_more_never_lets_more_through(
    every_stop: list[Stop], chosen: set[int], more: int, strategy: str | None
) -> None:
    def severity(numbers: set[int]) -> tuple[int, bool]:
        found = StopsInForce(tuple(every_stop[one] for one in sorted(numbers))).over("AAPL", strategy)
        return (0, False) if found is None else found.severity

    assert severity(chosen | {more}) >= severity(chosen)


def test_a_stop_concerns_its_own_scope_alone(every_stop: list[Stop]) -> None:
    found = {str(one.scope): StopsInForce((one,)) for one in every_stop}
    assert [name for name, stops in found.items() if stops.over("aapl", "Trend")] == [
        "everything",
        "symbol:AAPL",
        "strategy:trend",
    ]
    assert [name for name, stops in found.items() if stops.over("MSFT", None)] == ["everything"]


@pytest.mark.parametrize("written", ["everything", "symbol:AAPL", "strategy:mean-reversion"])
def test_a_scope_is_read_as_it_is_written(written: str) -> None:
    assert str(Scope.parse(written)) == written


def test_letters_of_either_size_name_the_same_scope() -> None:
    assert Scope.parse("symbol:aapl") == AAPL
    assert Scope.parse("Strategy:Trend") == TREND
    assert Scope.parse("EVERYTHING") == EVERYTHING


@pytest.mark.parametrize(
    "text", ["", "all", "AAPL", "symbol:", "symbol: ", "strategy:" + "x" * 65, "everything:x"]
)
def test_a_text_that_names_no_scope_says_what_would(text: str) -> None:
    with pytest.raises(ScopeUnclear, match="write"):
        Scope.parse(text)
