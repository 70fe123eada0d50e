"""What a person has to explain is kept, holds new risk back, and is let go on record."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.execution.bookkeeping import CASH
from adapters.execution.happened import Happened, Happening
from adapters.execution.store import freeze
from adapters.execution.unexplained import (
    NotFrozen,
    oldest_unexplained,
    release,
    unexplained,
    unexplained_differences,
)
from adapters.settings import STORE_FILE
from adapters.storage.checkpoints import HOUSE, Checkpoint, save
from adapters.storage.database import open_store
from policy.stops.scope import EVERYTHING, StopState
from policy.store import reading, writing
from tests.adapters.execution.parts import TradingHouse
from tests.trivet import answer, trivet


def oversold(house):
    """Fifteen shares sold of the ten that were held, as a broker might tell it."""
    house.hold(1, "IBM", 10)
    order = house.order(2, side="SELL")
    told = Happened(
        Happening.FILL,
        house.clock.now(),
        "broker",
        qty=Decimal(15),
        price=Decimal("99.90"),
        commission=Decimal(1),
        execution_id="too-much",
    )
    house.execution._sending.apply(order, told)
    return order


def test_a_fill_that_leaves_the_house_short_is_booked_and_freezes_its_symbol(either_house: TradingHouse):
    order = oversold(either_house)
    assert either_house.one(order).cum_qty == 15
    found = unexplained(either_house.store, 10)
    assert "went-short" in [alert.what for alert in found.alerts]
    assert set(found.frozen) == {"IBM"}
    assert either_house.place(3, symbol="IBM").state == "REJECTED"


def test_an_ordinary_sale_to_the_last_share_freezes_nothing(house: TradingHouse):
    house.hold(1, "IBM", 10)
    order = house.order(2, side="SELL")
    house.step()
    assert house.state(order) == "FILLED"
    assert unexplained(house.store, 10).to_json() == {"frozen": {}, "alerts": []}


def test_a_released_symbol_takes_new_risk_and_the_release_is_on_record(house: TradingHouse):
    house.broker.claims = {"IBM": Decimal(7)}
    house.reconcile()
    house.broker.claims = {}
    release(house.store, "IBM", "ada", "a test account's gift", house.clock.now())
    [latest, _] = unexplained(house.store, 10).alerts
    assert (latest.what, latest.symbol, latest.detail["by"]) == ("released", "IBM", "ada")
    house.step()
    assert house.one(house.order()).reasons == ()
    with pytest.raises(NotFrozen):
        release(house.store, "IBM", "ada", "again", house.clock.now())


def test_the_command_shows_releases_and_refuses_plainly(tmp_path):
    shown = trivet(tmp_path, "reconcile")
    assert (shown.returncode, "nothing is frozen" in shown.stdout) == (0, True)
    expected = {"frozen": {}, "alerts": [], "start": None, "last": None}
    assert answer(trivet(tmp_path, "reconcile", "--json")) == expected


def test_a_release_from_a_terminal_goes_on_record_by_the_time_of_the_house(tmp_path):
    trivet(tmp_path, "reconcile")
    store, at = open_store(f"sqlite:///{tmp_path / STORE_FILE}"), datetime(2012, 6, 4, 14, 30, tzinfo=UTC)
    save(store, HOUSE, Checkpoint(at, {}))
    with writing(store) as connection:
        freeze(connection, at, "IBM", "seven shares too many")
    store.dispose()
    done = trivet(tmp_path, "reconcile", "--release", "IBM", "--note", "a gift", "--by", "ada", "--json")
    [alert] = answer(done)["alerts"]
    assert (alert["what"], alert["at"], alert["detail"]["by"]) == ("released", "2012-06-04T14:30:00Z", "ada")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--release", "IBM"), "--note"),
        (("--release", "IBM", "--note", " "), "--note"),
        (("--release", "IBM", "--note", "x"), "not frozen"),
        (("--since", "2012-06-01"), "--report"),
    ],
    ids=["without a note", "a note of nothing", "not frozen", "since when of nothing"],
)
def test_a_command_that_makes_no_sense_is_refused(tmp_path, arguments, words):
    refused = trivet(tmp_path, "reconcile", *arguments)
    assert refused.returncode == 2
    assert words in refused.stderr


def test_a_fill_of_a_denied_order_stops_the_house_but_not_its_way_out(either_house: TradingHouse):
    house = either_house
    house.hold(1, "IBM", 10)
    denied = house.place(2, symbol="MSFT").order_id
    assert house.state(denied) == "DENIED"
    told = Happened(
        Happening.FILL,
        house.clock.now(),
        "broker",
        qty=Decimal(5),
        price=Decimal(30),
        commission=Decimal(1),
        execution_id="past-the-gate",
    )
    house.execution._sending.apply(denied, told)
    stop = house.parts.stops.in_force().at(EVERYTHING)
    assert (stop.state, stop.cause, stop.exits) == (StopState.HALTED, "gate-passed-by", True)
    assert [reason.code for reason in house.one(house.order(3)).reasons] == ["stopped"]
    exits = house.execution.flatten("IBM", "ada").orders
    assert [order.state_detail.value for order in exits] != ["DENIED"]
    assert exits
    house.parts.stops.rearm(EVERYTHING, by="ada", note="the broker's test order")
    assert house.one(house.order(4, symbol="MSFT")).reasons == ()


def test_what_nobody_has_explained_is_counted_from_the_moment_it_was_found(either_house: TradingHouse):
    house = either_house
    house.broker.claims = {"MSFT": Decimal(7)}
    house.reconcile()
    since = house.clock.now()
    house.broker.gift = Decimal("0.01")
    house.reconcile()
    with reading(house.store) as connection:
        assert (oldest_unexplained(connection), unexplained_differences(connection)) == (since, 2)
    for asset in ("MSFT", CASH):
        release(house.store, asset, "ada", "found", house.clock.now())
    with reading(house.store) as connection:
        assert (oldest_unexplained(connection), unexplained_differences(connection)) == (None, 0)
