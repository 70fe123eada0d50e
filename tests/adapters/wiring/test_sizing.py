"""What the desk proposes fits into what one order may be worth, and is never made larger."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from adapters.storage.database import open_store
from adapters.wiring.sizing import Sizing, largest_size
from policy.rollout.phases import Phase, PhaseUnreadable
from policy.store import writing
from tests.adapters.execution.parts import limits_as_in
from tests.policy.signals import candidate


class Worth:
    """An account of which only the equity is asked."""

    def __init__(self, equity: Decimal | None) -> None:
        self._equity = equity

    def equity(self) -> Decimal | None:
        return self._equity


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Engine]:
    opened = open_store(sqlite_url)
    yield opened
    opened.dispose()


def fitted(store: Engine, size: float, equity: Decimal | None = Decimal(1_000_000)) -> float:
    sizing = Sizing(store, limits_as_in(Phase.SANDBOX), Worth(equity))  # type: ignore[arg-type]
    [one] = sizing.fit([candidate(1, size_pct=size)])
    return one.size_pct


def test_a_size_above_the_limit_is_cut_and_one_below_stays(store: Engine) -> None:
    assert fitted(store, 0.02) == 0.0001
    assert fitted(store, 0.00005) == 0.00005
    assert fitted(store, 0.02, equity=Decimal(5000)) == 0.02
    assert fitted(store, 0.03, equity=Decimal(5000)) == 0.02


def test_where_nobody_knows_the_equity_the_size_stays_for_the_rules_to_judge(store: Engine) -> None:
    assert fitted(store, 0.02, equity=None) == 0.02
    assert fitted(store, 0.02, equity=Decimal(0)) == 0.02


def test_where_the_phase_cannot_be_read_nothing_is_proposed(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text("DROP TABLE rollout_phases"))
    with pytest.raises(PhaseUnreadable):
        fitted(store, 0.02)


@given(
    most=st.decimals("1", "1e7", places=2, allow_nan=False),
    equity=st.decimals("0.01", "1e9", places=2, allow_nan=False),
)
def test_the_largest_size_is_never_worth_more_than_the_limit(most: Decimal, equity: Decimal) -> None:
    size = largest_size(most, equity)
    assert size is not None
    assert 0 <= size <= 1
    assert Decimal(repr(size)) * equity <= most
