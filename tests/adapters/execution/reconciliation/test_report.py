"""What people are told of reconciliation is what happened, on the page, at the command line and over HTTP."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.cli.reconciliation_words import report
from tests.adapters.execution.parts import TradingHouse
from tests.adapters.execution.reconciliation.scripted import PAGE, morning, told, with_report
from tests.trivet import answer, trivet


@pytest.fixture
def after_the_morning(house: TradingHouse) -> TradingHouse:
    morning(house)
    return house


def test_the_page_shows_what_the_report_says(after_the_morning: TradingHouse) -> None:
    page = PAGE.read_text("utf-8")
    again = "run python -m tests.adapters.execution.reconciliation.scripted"
    assert page == with_report(page, told(after_the_morning)), again


def test_the_report_says_the_same_on_both_databases(either_house: TradingHouse) -> None:
    morning(either_house)
    assert told(either_house) in PAGE.read_text("utf-8")


def test_every_repair_is_on_record_with_what_was_before_and_after(after_the_morning: TradingHouse) -> None:
    view = after_the_morning.execution.reconciled(20)
    assert [one.kind for one in view.repairs] == ["frozen", "released", "frozen", "adopted", "told"]
    repaired = view.repairs[-1]
    assert (repaired.before["state"], repaired.after["state"]) == ("ACCEPTED", "FILLED")
    assert (repaired.before["filled"], repaired.after["filled"]) == ("0", "10")
    assert view.repairs[3].before == {}
    assert [one.by for one in view.repairs] == ["reconciliation", "ada", *["reconciliation"] * 3]
    assert all(one.run_id is not None for one in view.repairs if one.by == "reconciliation")


def test_the_report_can_begin_later_and_be_short(after_the_morning: TradingHouse) -> None:
    house = after_the_morning
    late = house.execution.reconciled(20, house.clock.now() - timedelta(seconds=1))
    assert [one.asset for one in late.repairs] == ["cash"]
    assert late.external == ()
    assert len(house.execution.reconciled(2).repairs) == 2


def test_equal_looks_in_a_row_share_a_row(house: TradingHouse) -> None:
    for _ in range(5):
        house.reconcile()
    last = house.execution.reconciled(1).last
    assert last is not None
    assert (last.outcome, last.at - last.first_at) == ("agrees", timedelta(seconds=4 * 6))


def test_a_silent_broker_is_on_record_beside_its_last_answer(house: TradingHouse) -> None:
    house.reconcile()
    house.broker.cut = {"account"}
    house.reconcile()
    view = house.execution.reconciled(1)
    assert view.last is not None
    assert (view.last.outcome, view.last.why, view.last.picture) == ("silent", "the line is cut", None)
    assert view.last_answered is not None
    assert view.last_answered.picture is not None
    assert "cash" in "\n".join(report(view))


def test_an_order_that_cannot_be_asked_for_makes_the_answer_a_part(house: TradingHouse) -> None:
    house.broker.cut = {"submit", "order"}
    house.order(1)
    house.reconcile()
    last = house.execution.reconciled(1).last
    assert last is not None
    assert last.outcome == "silent"
    assert "cannot be asked for now" in (last.why or "")


def test_an_account_with_numbers_that_cannot_be_says_nothing(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    house.broker.claims = {"IBM": Decimal("nan")}
    assert house.reconcile() == []
    last = house.execution.reconciled(1).last
    assert last is not None
    assert last.outcome == "silent"


def test_the_command_tells_how_a_played_store_stands(tmp_path) -> None:
    packs = ("--pack", "trading-core@1.0.0", "--pack", "house-measurements@1.0.0")
    days = ("--from", "2012-05-21", "--to", "2012-05-22")
    assert trivet(tmp_path, "replay", *days, *packs, "--store", tmp_path).returncode == 0
    shown = trivet(tmp_path, "reconcile", "--report")
    assert "new risk may be taken" in shown.stdout
    assert "the books agree" in shown.stdout
    told_json = answer(trivet(tmp_path, "reconcile", "--report", "--json", "--since", "2012-05-22"))
    assert told_json["last"]["outcome"] == "agrees"
    assert json.dumps(told_json["start"])
    wrong = trivet(tmp_path, "reconcile", "--report", "--since", "yesterday")
    assert (wrong.returncode, "write it like" in wrong.stderr) == (2, True)
