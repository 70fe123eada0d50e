"""What a live house learns of the days before is exact, as it was told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.market.alpaca.wire import splits
from adapters.market.closing.filling import backfill
from adapters.market.closing.session_bars import Closed
from adapters.market.inspection.outcome import Fault
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split
from adapters.wiring.live.closing import Closing
from adapters.wiring.live.history import History
from tests.adapters.market.closing import CALENDAR, daily
from tests.adapters.market.closing import History as Bars

NOW = datetime(2012, 6, 5, 22, tzinfo=UTC)


def history(root: Path, told: object = None, now: Callable[[], datetime] = lambda: NOW) -> History:
    source = SimpleNamespace(splits=lambda _first, _last: splits(told), bars=lambda *_: [])
    return History(
        source,
        BarStore(root),
        CALENDAR,
        ["IBM"],
        SimpleNamespace(now=now),
        SimpleNamespace(since=lambda _: ()),
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


def test_a_split_on_record_beforehand_adjusts_features_when_its_day_comes(tmp_path: Path) -> None:
    clock = SimpleNamespace(at=NOW)
    known = history(tmp_path, {}, lambda: clock.at)
    days = [one.day for one in CALENDAR.between(date(2012, 5, 1), NOW.date())]
    source = Bars([daily(day, "190", "IBM") for day in days])
    filled = backfill(source, known.bars, CALENDAR, ["IBM"], days[-1], days[-1] - days[0])
    assert len(filled[0].added) == len(days) > 20
    known.bars.add_split(Split("IBM", date(2012, 6, 6), 2, 1, "operator", NOW))
    features, intake = known.features(), SimpleNamespace(put_aside=lambda _: None, recall=lambda bars: None)
    closing = Closing(known, SimpleNamespace(close=lambda _: Closed()), features, intake, lambda: False)
    seen = []
    for clock.at in (NOW, NOW + timedelta(hours=14)):
        closing.turn()
        seen.append(features.snapshot("IBM", clock.at).values["sma_20"])
    assert seen == [190, 95]
