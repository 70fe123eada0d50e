"""There is no way to change an order at work past the gate: it is ended, and a new one is judged whole."""

from tests.adapters.execution.conftest import Serve
from tests.adapters.execution.controls.attempts import refused
from tests.adapters.execution.parts import TradingHouse
from tests.controls.rows import Shown, control


@control(45, "no order is changed past the gate", "adapters/execution/api.py", "404, DENY")
def test_an_order_is_never_made_larger_than_what_was_approved(house: TradingHouse, serve: Serve) -> Shown:
    house.decide(1)
    resting = house.place(1, qty=60, limit_price="90.00")
    api = serve(house)
    asked = api.post(f"/v1/orders/{resting.order_id}/replace", json={"qty": 100})
    patched = api.patch(f"/v1/orders/{resting.order_id}", json={"qty": 100})
    house.execution.cancel(resting.order_id, "ada")
    again = refused(house, house.place(1, key="larger", qty=100), "permit-used")
    assert (asked.status_code, patched.status_code) == (404, 405)
    assert house.one(resting.order_id).qty == 60
    return Shown(
        "a resting order of 60 is to become one of 100; it is ended, and 100 are ordered on its approval",
        f"{asked.status_code}, {patched.status_code}; {again}",
    )
