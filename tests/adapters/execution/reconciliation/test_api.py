"""Reconciliation over HTTP: seen, asked for at once, and what is frozen let go by whom it is due."""

from decimal import Decimal

from adapters.ports import BrokerWord
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.conftest import Serve
from tests.adapters.execution.parts import TradingHouse

SEEN, RUN, RELEASE = "/v1/reconciliation", "/v1/reconciliation/run", "/v1/reconciliation/release"


def test_a_look_asked_for_repairs_at_once_and_says_by_whom(house: TradingHouse, serve: Serve) -> None:
    client = serve(house)
    house.broker.lost = {BrokerWord.FILLED}
    house.order(1)
    house.step()
    house.clock.pass_by(seconds=6)
    shown = client.post(RUN, json={}).raise_for_status().json()
    assert (shown["last"]["outcome"], shown["last"]["by"]) == ("repaired", "local")
    assert [one["kind"] for one in shown["repairs"]] == ["told"]
    house.hear()
    assert house.books_agree()
    assert client.get(SEEN).json() == shown


def test_both_sides_are_shown_with_what_they_differ_in(house: TradingHouse, serve: Serve) -> None:
    client = serve(house)
    house.broker.claims = {"MSFT": Decimal(7)}
    house.hold(1, "IBM", 10)
    house.reconcile()
    shown = client.get(SEEN).json()
    assets = {one["asset"]: one for one in shown["last"]["picture"]["assets"]}
    assert (assets["MSFT"]["ours"], assets["MSFT"]["theirs"], assets["MSFT"]["agrees"]) == ("0", "7", False)
    assert assets["IBM"]["agrees"]
    assert assets["cash"]["agrees"]
    assert [one["asset"] for one in shown["frozen"]] == ["MSFT"]


def test_an_order_of_somebody_else_is_labelled_and_counts_in_what_is_held(
    house: TradingHouse, serve: Serve
) -> None:
    client = serve(house)
    stranger = ticket(qty=30)
    house.broker.inner.submit(permit(stranger), stranger)
    house.step()
    shown = client.post(RUN, json={}).json()
    [order] = shown["external"]
    assert (order["origin"], order["purpose"], order["cum_qty"]) == ("EXTERNAL", "external", "30")
    assert house.shares()["house"] == {"IBM": 30}
    assert house.one(house.order(1, side="SELL", qty=30)).reasons == ()


def test_a_working_order_of_somebody_else_counts_against_the_cash(house: TradingHouse, serve: Serve) -> None:
    client = serve(house)
    stranger = ticket(qty=9_990, limit="99.00")
    house.broker.inner.submit(permit(stranger), stranger)
    client.post(RUN, json={})
    codes = [reason.code for reason in house.one(house.order(1)).reasons]
    assert "no-buying-power" in codes


def test_what_is_frozen_is_let_go_with_a_note_and_once(house: TradingHouse, serve: Serve) -> None:
    client = serve(house)
    house.broker.gift = Decimal("-0.35")
    house.reconcile()
    body = {"asset": "cash", "note": "a fee of the broker's"}
    shown = client.post(RELEASE, json=body).raise_for_status().json()
    assert shown["frozen"] == []
    [explained] = shown["explained"]
    assert (explained["asset"], explained["amount"], explained["by"]) == ("cash", "-0.35", "local")
    again = client.post(RELEASE, json=body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:trivet:problem:not-frozen")
    assert client.post(RELEASE, json={"asset": "cash"}).status_code == 422
