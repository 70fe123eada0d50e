"""A difference that a person explained is let be, exactly that one, and only what both sides have counts."""

from decimal import Decimal

from tests.adapters.execution.parts import TradingHouse


def explained(house: TradingHouse) -> dict[str, Decimal]:
    return {one.asset: one.amount for one in house.execution.reconciled(1).explained}


def released(house: TradingHouse, asset: str = "MSFT") -> None:
    house.reconcile()
    house.execution.release(asset, "ada", "found out why")


def test_an_explained_difference_freezes_nothing_again(either_house: TradingHouse) -> None:
    house = either_house
    house.broker.claims = {"MSFT": Decimal(7)}
    released(house)
    assert (house.reconcile(), explained(house)) == ([], {"MSFT": 7})
    house.step()
    assert house.one(house.order(1, symbol="MSFT")).reasons == ()


def test_another_difference_freezes_anew(house: TradingHouse) -> None:
    house.broker.claims = {"MSFT": Decimal(7)}
    released(house)
    house.broker.claims = {"MSFT": Decimal(8)}
    assert house.reconcile() == ["Freeze"]


def test_an_explained_difference_that_goes_away_is_forgotten_and_comes_back_as_a_new_one(
    either_house: TradingHouse,
) -> None:
    house = either_house
    house.broker.claims = {"MSFT": Decimal(7)}
    released(house)
    house.broker.claims = {}
    assert (house.reconcile(), explained(house)) == ([], {})
    [latest, *_] = house.execution.reconciled(5).repairs
    assert (latest.kind, latest.before, latest.after) == ("outlived", {"explained": "7"}, {"explained": "0"})
    house.broker.claims = {"MSFT": Decimal(7)}
    assert house.reconcile() == ["Freeze"]


def test_shares_that_only_the_books_have_are_not_sold(either_house: TradingHouse) -> None:
    house = either_house
    house.hold(1, "IBM", 10)
    house.broker.claims = {"IBM": Decimal(4)}
    released(house, "IBM")
    house.broker.claims = {}  # the paper broker itself would fill all ten
    house.step()
    [leaving] = house.execution.flatten("IBM", "ada").orders
    assert leaving.qty == 4


def test_dollars_that_only_the_books_have_are_not_spent(house: TradingHouse) -> None:
    house.broker.gift = Decimal(-999_500)
    released(house, "$")
    house.step()
    assert "no-buying-power" in [reason.code for reason in house.one(house.order(1)).reasons]


def test_a_freeze_without_a_difference_leaves_nothing_explained(house: TradingHouse) -> None:
    house.broker.claims = {"MSFT": Decimal(7)}
    house.reconcile()
    house.broker.claims = {}
    house.reconcile()
    house.execution.release("MSFT", "ada", "it went away by itself")
    assert explained(house) == {}
