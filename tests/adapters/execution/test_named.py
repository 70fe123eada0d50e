"""Orders are somebody's: the credential names who placed and who cancelled, and owns the idempotency key."""

from contextlib import contextmanager

from adapters.execution import api as orders_api
from policy.access.callers import Role
from policy.access.gate import access_of
from policy.access.keys import add_key, new_key
from policy.api import create_app
from policy.store import writing
from tests.adapters.execution.parts import order_body
from tests.policy.parts import serving


@contextmanager
def asked(house):
    access = access_of(house.policy.store, house.clock, required=True)
    with serving(create_app(house.policy, [orders_api.router(house.execution)], access)) as client:
        yield client


def trader(house, number, name, key="one"):
    token, kept = new_key(
        name, [Role.TRADER], "test", house.clock.now(), None, lambda n: number.to_bytes(n, "big")
    )
    with writing(house.policy.store) as connection:
        add_key(connection, kept)
    return {"authorization": f"Bearer {token}", "idempotency-key": key}


def test_an_order_tells_who_placed_it(house):
    ada = trader(house, 1, "ada")
    with asked(house) as client:
        order = client.post("/v1/orders", json=order_body(), headers=ada).json()
        events = client.get(f"/v1/orders/{order['order_id']}", headers=ada).json()["events"]
    assert events[0]["by"] == "ada"


def test_an_idempotency_key_belongs_to_its_credential(house):
    ada, bob = trader(house, 1, "ada"), trader(house, 2, "bob")
    with asked(house) as client:
        first = client.post("/v1/orders", json=order_body(), headers=ada)
        again = client.post("/v1/orders", json=order_body(), headers=ada)
        other = client.post("/v1/orders", json=order_body(), headers=bob)
    assert first.status_code == again.status_code == other.status_code == 201
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in other.headers
    assert other.json()["order_id"] != first.json()["order_id"]
