"""A process of its own: one signal over HTTP, its order, its fill; spans go to the collector of the settings.

Ends by printing the signal's id. Takes the folder of its store.
"""

import sys

from adapters.execution import api as orders_api
from adapters.observability.process import observed
from adapters.settings import Settings
from adapters.storage.database import open_store
from policy.api import create_app
from tests.adapters.execution.parts import TradingHouse, order_body
from tests.policy.parts import body, serving, signal_id


def main(folder: str) -> None:
    with observed(Settings(), "test"):
        store = open_store(f"sqlite:///{folder}/trivet.db")
        house = TradingHouse(store)
        house.policy.writer.start()
        with serving(create_app(house.policy, [orders_api.router(house.execution)])) as client:
            asked = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
            for _ in range(2):
                answer = client.post("/v1/policy/evaluate", json=body(1, symbol="IBM"), headers=asked)
                assert answer.json()["decision"] == "APPROVE", answer.text
            placed = client.post("/v1/orders", json=order_body(1), headers={"Idempotency-Key": "one"})
            assert placed.status_code == 201, placed.text
        house.step()
        house.policy.writer.stop()
        store.dispose()
    print(signal_id(1))


if __name__ == "__main__":
    main(sys.argv[1])
