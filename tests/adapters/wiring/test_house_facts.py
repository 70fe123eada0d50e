"""What the house's books say of a trade: by size, with orders at work, never a guess."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.execution.bookkeeping import held
from adapters.execution.unexplained import Explained, explain
from adapters.ports import DayFigures
from adapters.storage.database import open_store
from adapters.wiring.house_facts import Books
from policy.ports import Subject
from policy.store import reading, writing
from tests.adapters.execution.parts import TradingHouse

ONLY_REDUCES = "house.only_reduces"
EVERY = frozenset({ONLY_REDUCES, "house.trade_value", "house.daily_loss", "house.minutes_to_close"})


@pytest.fixture(scope="module")
def holding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a house that holds 60 IBM and is selling 40 of them, far above the market."""
    file = tmp_path_factory.mktemp("holding") / "store.db"
    opened = open_store(f"sqlite:///{file}")
    house = TradingHouse(opened)
    house.hold(1, "IBM", 60)
    house.order(2, side="SELL", qty=40, limit_price="150.00")
    opened.dispose()
    return file


@pytest.fixture
def house(holding: Path, tmp_path: Path) -> Iterator[TradingHouse]:
    opened = open_store(f"sqlite:///{shutil.copy(holding, tmp_path / 'store.db')}")
    house = TradingHouse(opened)
    house.portfolio.catch_up(house.clock.now() + timedelta(hours=1))
    yield house
    opened.dispose()


def told(house: TradingHouse, names: frozenset[str] = EVERY, **trade: Any) -> dict[str, Any]:
    """What the books say of a SELL of a tiny size of IBM by the house, but for ``trade``."""
    calm = {"symbol": "IBM", "side": "SELL", "size_pct": 0.0001, "source": "house"}
    books = Books(trade.pop("account", house.portfolio), house.market)
    with reading(house.store) as connection:
        (facts,) = books.measure(connection, names, [Subject(**calm | trade)], house.clock.now())
    return facts


def test_the_house_holds_sixty_of_which_forty_are_leaving(house: TradingHouse) -> None:
    with reading(house.store) as connection:
        assert held(connection)["IBM"] == 60
    assert house.portfolio.account.equity > 0


@pytest.mark.parametrize(
    ("trade", "only_reduces"),
    [
        ({"qty": Decimal(20)}, True),
        ({"qty": Decimal(21)}, False),  # with the forty that leave already it would turn the position over
        ({"qty": Decimal(20), "side": "BUY"}, False),
        ({"qty": Decimal(1), "symbol": "MSFT"}, False),
        ({"size_pct": 0.9}, True),  # execution cuts the house's own signals to what is free
        ({"side": "BUY"}, False),
        ({"size_pct": 0.0019, "source": "callers"}, True),  # 19 shares at most
        ({"size_pct": 0.0021, "source": "callers"}, False),  # up to 21 shares
    ],
    ids=str,
)
def test_reducing_is_told_by_size_with_what_leaves_already(
    house: TradingHouse, trade: dict[str, Any], only_reduces: bool
) -> None:
    assert told(house, **trade)[ONLY_REDUCES] is only_reduces


def test_nothing_free_means_that_it_does_not_only_reduce(house: TradingHouse) -> None:
    house.order(3, side="SELL", qty=20, limit_price="150.00")
    assert told(house)[ONLY_REDUCES] is False


def test_shares_that_only_the_books_have_are_not_there_to_be_sold(house: TradingHouse) -> None:
    with writing(house.store) as connection:
        explain(
            connection,
            Explained("IBM", Decimal(-5), house.clock.now(), "ada", "five are with another broker"),
        )
    assert told(house, qty=Decimal(15))[ONLY_REDUCES] is True
    assert told(house, qty=Decimal(16))[ONLY_REDUCES] is False


class Account:
    """An account as a test sets it."""

    def __init__(self, equity: str | None = None, day: DayFigures | None = None) -> None:
        self._equity, self._day = equity, day

    def equity(self) -> Decimal | None:
        return None if self._equity is None else Decimal(self._equity)

    def day(self) -> DayFigures | None:
        return self._day


def test_a_callers_size_without_an_equity_cannot_be_told(house: TradingHouse) -> None:
    facts = told(house, account=Account(), source="callers", side="SELL")
    assert facts == {"house.minutes_to_close": facts["house.minutes_to_close"]}


def test_the_value_of_a_trade_is_its_size_times_equity_to_the_last_digit(house: TradingHouse) -> None:
    told_ = told(house, account=Account("1000000"), size_pct=0.0001)
    assert told_["house.trade_value"] == 100.0
    assert told(house, account=Account("1000000.01"), size_pct=0.0001)["house.trade_value"] > 100


@pytest.mark.parametrize(("equity", "lost"), [("999950.00", 50.0), ("1000000", 0.0), ("1000100", 0.0)])
def test_the_days_loss_counts_from_the_sessions_opening_quotes(
    house: TradingHouse, equity: str, lost: float
) -> None:
    day = DayFigures(date(2012, 6, 1), Decimal(1_000_000), Decimal(equity), house.clock.now())
    assert told(house, account=Account("1000000", day))["house.daily_loss"] == lost


def test_yesterdays_loss_is_not_todays(house: TradingHouse) -> None:
    day = DayFigures(date(2012, 5, 31), Decimal(1_000_000), Decimal(1), house.clock.now())
    assert "house.daily_loss" not in told(house, account=Account("1000000", day))
    assert "house.daily_loss" not in told(house, account=Account("1000000"))


def test_minutes_to_the_close_are_told_in_sessions_alone(house: TradingHouse) -> None:
    house.market.closes = house.clock.now() + timedelta(minutes=12, seconds=30)
    assert told(house)["house.minutes_to_close"] == 12.5
    house.market.exchange.is_open = False
    assert "house.minutes_to_close" not in told(house)


def test_nothing_is_told_that_was_not_asked_for(house: TradingHouse) -> None:
    assert set(told(house, frozenset({"house.trade_value"}))) == {"house.trade_value"}
    assert told(house, frozenset({"house.weather"})) == {}
