"""What is used up of the counted limits is what the controls count."""

from adapters.execution.controls.usage import used_up
from policy.store import reading
from tests.adapters.execution.controls.attempts import followed, judged
from tests.adapters.execution.parts import TradingHouse


def used(house: TradingHouse) -> dict[str, str]:
    with reading(house.store) as connection:
        return dict(used_up(connection, house.clock.now()))


def test_orders_fills_and_positions_of_today_are_counted(either_house: TradingHouse) -> None:
    house = either_house
    followed(house, judged(house, 1, size_pct=0.001), judged(house, 2, size_pct=0.001, symbol="MSFT"))
    at_once = used(house)
    assert (at_once["orders_per_second"], at_once["max_open_positions"]) == ("2", "2")
    house.step()
    followed(house, judged(house, 3, size_pct=0.001))
    house.place(9)
    later = used(house)
    assert (later["orders_per_second"], later["orders_per_minute"], later["orders_per_day"]) == (
        "1",
        "1",
        "3",
    )
    assert later["orders_per_symbol_per_day"] == "2 (IBM)"
    assert later["executions_per_strategy_per_day"] == "2 (test)"
    assert later["rejections_per_strategy_per_day"] == "0"


def test_a_new_day_begins_at_nothing(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    house.execution.cancel(house.order(2, limit_price="50.00"), "ada")
    assert used(house)["cancels_per_minute"] == "1"
    house.clock.pass_by(days=1)
    counted = used(house)
    assert counted.pop("max_open_positions") == "1", "what is held overnight is held"
    assert set(counted.values()) == {"0"}
