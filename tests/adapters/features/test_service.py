"""What the feature service tells by the house's clock: nothing of the future, quote and book as of now."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from adapters.features.history import FeatureHistory
from adapters.features.service import FeatureService, NotYet, spread
from adapters.market.board import QuoteBoard
from policy.contracts import Quote
from tests.adapters.features.walks import CALENDAR, SESSIONS, bars_of
from tests.policy.parts import StillClock

SERIES = bars_of([(2_000 + n * n % 43, n % 9, n % 5, 1_000 + n) for n in range(70)])
NOW = SESSIONS[70].opens + timedelta(minutes=5)


def _quote(at: datetime, bid: str = "19.99", ask: str = "20.01") -> Quote:
    return Quote(symbol="X", bid=Decimal(bid), ask=Decimal(ask), at=at)


def _service(quote: Quote | None = None, correlation: float | None = None) -> FeatureService:
    board = QuoteBoard()
    board.put([] if quote is None else [quote])
    features = FeatureHistory({"X": SERIES}, CALENDAR)
    return FeatureService(features, StillClock(NOW), board, lambda symbol, at: correlation, str)


def test_without_a_time_features_are_as_of_now_with_quote_and_book() -> None:
    told = _service(_quote(NOW - timedelta(seconds=3)), 0.25).snapshot("X")
    assert told is not None
    assert told.at == NOW
    assert told.values["spread"] == 0.001
    assert told.values["correlation_60d"] == 0.25
    assert list(told.values) == sorted(told.values)


def test_without_quote_or_book_both_are_absent() -> None:
    told = _service().snapshot("X")
    assert told is not None
    assert not {"spread", "correlation_60d"} & set(told.values)


def test_a_quote_from_after_the_time_asked_about_tells_no_spread() -> None:
    quoted = NOW - timedelta(seconds=3)
    service = _service(_quote(quoted), 0.25)
    before, since = service.snapshot("X", quoted - timedelta(microseconds=1)), service.snapshot("X", quoted)
    assert before is not None
    assert since is not None
    assert "spread" not in before.values
    assert since.values["spread"] == 0.001
    assert "correlation_60d" not in since.values  # what was held then is not known


def test_a_time_that_has_not_come_is_refused() -> None:
    with pytest.raises(NotYet, match="ask for a time that has passed"):
        _service().snapshot("X", NOW + timedelta(microseconds=1))


def test_a_symbol_without_bars_has_no_features() -> None:
    assert _service().snapshot("Y") is None
    assert _service().snapshot("Y", NOW + timedelta(days=1)) is None


@pytest.mark.parametrize(("bid", "ask"), [("0", "0"), ("-1", "1")])
def test_a_quote_without_a_mid_has_no_spread(bid: str, ask: str) -> None:
    assert spread(_quote(NOW, bid, ask)) is None
