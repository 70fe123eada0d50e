"""Imported bars are played as the sample is: the same bars give the same sum, wherever they lie."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.market.archive import stored_archive
from adapters.market.sample_export import export_sample
from adapters.settings import Settings
from adapters.storage.bar_notes import Correction, Look
from adapters.storage.bars import BarStore
from adapters.wiring.journey import Plan, journey
from adapters.wiring.parts import read_recording
from adapters.wiring.refusal import JourneyRefused, Refused
from adapters.wiring.summary import Summary, standing_of, summarise
from tests.adapters.market.closing import CALENDAR
from tests.trivet import PROJECT

DAY = Plan(first=date(2012, 6, 4), last=date(2012, 6, 4))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample")
    export_sample(BarStore(root), CALENDAR)
    return root


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    return lambda **more: Settings(home=tmp_path / "home", rules=PROJECT / "rules", **more)


def played(settings: Settings) -> Summary:
    with journey(settings, DAY, keep="session") as travel:
        travel.player.play_through()
        return summarise(travel.house.store, standing_of(travel))


def test_the_sample_in_another_folder_gives_the_same_sum(exported, tmp_path, settings) -> None:
    elsewhere = settings(bars=exported).model_copy(update={"home": tmp_path / "elsewhere"})
    shipped, imported = played(settings()), played(elsewhere)
    assert shipped.signals > 0
    assert imported == shipped


def test_a_store_does_not_go_on_with_other_bars(exported, settings) -> None:
    with journey(settings(), DAY, keep="step") as travel:
        travel.player.step()
    with (
        pytest.raises(JourneyRefused, match=r"the store was played on other bars; name those again"),
        journey(settings(bars=exported), Plan(), keep="step"),
    ):
        raise AssertionError("what it has was decided in the light of other prices")


def test_a_folder_with_gaps_is_refused_unless_they_are_allowed(tmp_path, exported, settings) -> None:
    root = tmp_path / "gaps"
    series = BarStore(exported).between("FB")
    BarStore(root).add("FB", [*series[:10], *series[11:]])
    with pytest.raises(Refused, match=r"lacks 1 sessions, such as FB 2012-06-04; see: trivet bars gaps"):
        read_recording(settings(bars=root))
    recording = read_recording(settings(bars=root, bars_allow_gaps=True))
    assert recording.tape.symbols == ("FB", "UNLISTED")  # the twin trades as the first there is
    assert recording.archive.all_trade_from == date(2012, 5, 18)


def test_an_empty_folder_is_refused_with_the_next_step(tmp_path, settings) -> None:
    with pytest.raises(Refused, match=r"holds no bars; bring some there: trivet bars import FILE"):
        read_recording(settings(bars=tmp_path))


def test_the_same_bars_have_the_same_name_wherever_they_lie(tmp_path, exported) -> None:
    other = BarStore(tmp_path / "other")
    series = BarStore(exported).between("FB")
    other.add("FB", series[100:])
    other.add("FB", series[:100])
    BarStore(tmp_path / "whole").add("FB", series)
    names = [stored_archive(tmp_path / name, CALENDAR).name for name in ("other", "whole")]
    assert names[0] == names[1]
    other.add(
        "FB",
        [series[0].model_copy(update={"volume": 1})],
        Correction("test", datetime(2026, 1, 1, tzinfo=UTC)),
    )
    assert stored_archive(tmp_path / "other", CALENDAR).name != names[0]


def test_a_jump_that_is_accepted_afterwards_makes_other_bars_of_them(tmp_path, exported) -> None:
    store = BarStore(tmp_path)
    store.add("FB", BarStore(exported).between("FB"))
    before = stored_archive(tmp_path, CALENDAR).name
    look = Look("FB", date(2012, 5, 21), Decimal("34.03"), "true", datetime(2026, 1, 1, tzinfo=UTC))
    store.add_look(look)
    assert stored_archive(tmp_path, CALENDAR).name != before
