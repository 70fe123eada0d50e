"""What a live house learns of the days before is exact, as it was told."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.market.alpaca.wire import splits
from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.outcome import Fault
from adapters.storage.bars import BarStore
from adapters.wiring.live.history import History
from tests.adapters.market.closing import daily

NOW = datetime(2012, 6, 5, 22, tzinfo=UTC)


def history(root: Path, told: object = None) -> History:
    source = SimpleNamespace(splits=lambda _first, _last: splits(told))
    return History(
        source,
        BarStore(root),
        TradingCalendar(),
        ["IBM"],
        SimpleNamespace(now=lambda: NOW),
        (),
        Decimal("0.25"),
    )


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [("3", "2", "3:2"), (1, 3, "1:3"), (7, 3, "7:3"), ("1.5", 1, "3:2"), (1, 10, "1:10")],
)
def test_the_ratio_of_a_split_is_exactly_what_was_told(tmp_path: Path, new, old, text: str) -> None:
    told = {"symbol": "IBM", "ex_date": "2012-06-04", "new_rate": new, "old_rate": old}
    known = history(tmp_path, {"reverse_splits": [told]})
    assert known.learn_splits() == {"IBM"}
    found = known.bars.splits("IBM")[0]
    assert (found.ratio_text, found.ratio, found.ex_day) == (
        text,
        Fraction(str(new)) / Fraction(str(old)),
        date(2012, 6, 4),
    )


def test_a_bar_that_cannot_be_kept_is_put_aside_before_it_closes(tmp_path: Path) -> None:
    found = history(tmp_path).inspected(daily(date(2012, 6, 5), "190.123456789", "IBM"))
    assert (found.fault, found.symbol) == (Fault.UNREADABLE, "IBM")
