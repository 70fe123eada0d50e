"""Real parts that the adapter tests share: the shipped bars on the real calendar, read once per run."""

from collections.abc import Mapping

import pytest

from adapters.features.history import FeatureHistory
from adapters.market.calendar import TradingCalendar
from adapters.market.sample import load_bars
from adapters.market.tape import Tape
from adapters.settings import Settings
from adapters.wiring.parts import Recording, read_recording
from policy.contracts import Bar


@pytest.fixture(scope="session")
def calendar() -> TradingCalendar:
    return TradingCalendar()


@pytest.fixture(scope="session")
def bars(calendar: TradingCalendar) -> Mapping[str, tuple[Bar, ...]]:
    return load_bars(calendar)


@pytest.fixture(scope="session")
def tape(bars: Mapping[str, tuple[Bar, ...]]) -> Tape:
    return Tape(bars)


@pytest.fixture(scope="session")
def features(bars: Mapping[str, tuple[Bar, ...]]) -> FeatureHistory:
    return FeatureHistory(bars)


@pytest.fixture(scope="session")
def recording() -> Recording:
    return read_recording(Settings())
