"""Numbers of an order are read exactly as they are written, or refused with the place: never a guess."""

import json
import shutil
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.execution import api as orders_api
from adapters.execution.reading import order_request
from adapters.storage.database import connect
from policy.api import create_app
from policy.problems import Problem
from tests.adapters.execution.parts import TradingHouse, order_body
from tests.policy.parts import serving

# Each is the JSON text of qty or limit_price.
NEVER_A_QUANTITY = (
    *("0", "-1", "-0", "0.5", "10.5", "1e-1", "1e400", "1e999999999", "-1e400", "1" * 300, "1000000001"),
    *('""', '"ten"', '"NaN"', '"Infinity"', '"-Infinity"', '"1e400"', '"1e1"', '"0x10"', '"1_000"', '" 10"'),
    *('"10 "', '"10\\n"', '"+10"', '"10."', '".5"', '"1,000"', '"\\u0661\\u0660"', '"\\uff11\\uff10"', '"½"'),
    *("true", "false", "null", "[]", "[10]", "{}", '{"value": 10}'),
)
NEVER_A_PRICE = (
    *("0", "-1", "0.001", "100.005", "1e-3", "1e400", "1e999999999", "10000001", "9" * 300),
    *('"NaN"', '"100.005"', '"1e2"', '"-0.01"', '"\\u0661"', "true", "[]"),
)


def written(**texts):
    """The body of an order with ``texts`` as they are, as JSON."""
    placed = {name: f"<{name}>" for name in texts}
    body = json.dumps(order_body(**placed) | ({"order_type": "LIMIT"} if "limit_price" in texts else {}))
    for name, text in texts.items():
        body = body.replace(f'"<{name}>"', text)
    return body


@pytest.fixture(scope="module")
def posted(tmp_path_factory, migrated_store):
    """Posts a body to one house that is served for all these tests; gives the answer."""
    file = shutil.copy(migrated_store, tmp_path_factory.mktemp("numbers") / "store.db")
    store = connect(f"sqlite:///{file}")
    house = TradingHouse(store)
    with serving(create_app(house.policy, [orders_api.router(house.execution)])) as client:

        def post(body):
            headers = {"content-type": "application/json", "Idempotency-Key": "one key for all"}
            return client.post("/v1/orders", content=body, headers=headers)

        yield post
        assert client.get("/v1/orders").json()["items"] == []
    store.dispose()


@pytest.mark.parametrize("text", NEVER_A_QUANTITY, ids=lambda text: text[:20])
def test_what_is_no_number_of_whole_shares_is_refused_with_its_place(posted, text):
    refused(posted(written(qty=text)), "/qty")


@pytest.mark.parametrize("text", NEVER_A_PRICE, ids=lambda text: text[:20])
def test_what_is_no_price_in_cents_is_refused_with_its_place(posted, text):
    refused(posted(written(limit_price=text)), "/limit_price")


def refused(answer, place):
    assert answer.status_code == 422, answer.text
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {place}


def test_every_fault_is_named_at_once(posted):
    answer = posted(
        '{"signal_id": 7, "symbol": "", "side": "HOLD", "qty": 1e400, "order_type": "STOP", "x": 1}'
    )
    assert answer.status_code == 422
    places = {fault["pointer"] for fault in answer.json()["errors"]}
    assert places >= {"/signal_id", "/symbol", "/side", "/qty", "/order_type", "/x"}


@pytest.mark.parametrize(("kind", "limit"), [("MARKET", "100.00"), ("LIMIT", None)])
def test_a_limit_goes_with_a_limit_order_and_only_with_one(posted, kind, limit):
    answer = posted(json.dumps(order_body() | {"order_type": kind, "limit_price": limit}))
    assert answer.status_code == 422
    assert "limit_price goes with order_type LIMIT" in answer.text


@pytest.mark.parametrize(
    ("body", "slug"), [("[]", "invalid-request"), ('"x"', "invalid-request"), ("7", "invalid-request")]
)
def test_a_body_that_is_no_object_is_refused(posted, body, slug):
    answer = posted(body)
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]) == (422, slug)


@pytest.mark.parametrize(
    "body", ["", "{", '{"qty": NaN}', '{"qty": 1, "qty": 2}', "[" * 5000, '{"qty": Infinity}']
)
def test_what_is_not_json_is_a_bad_request(posted, body):
    assert posted(body).status_code in (400, 422)
    assert posted(body).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("text", "price"),
    [("0.1", "0.1"), ('"0.10"', "0.10"), ("187.35", "187.35"), ("1.8735e2", "187.35"), ("7", "7")],
)
def test_a_price_is_read_to_the_last_digit(text, price):
    assert order_request(written(limit_price=text).encode()).limit_price == Decimal(price)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.booleans())
def test_what_can_be_written_is_read_back_exactly(shares, cents, quoted):
    price = f"{cents // 100}.{cents % 100:02d}"
    qty, limit = (f'"{shares}"', f'"{price}"') if quoted else (str(shares), price)
    read = order_request(written(qty=qty, limit_price=limit).encode())
    assert (read.qty, read.limit_price) == (Decimal(shares), Decimal(price))


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.lists(st.text())
    )
)
def test_no_value_breaks_the_reader(value):
    for name in order_body():
        assert status_of(order_body() | {name: value}) in (201, 422)


def status_of(body):
    try:
        order_request(json.dumps(body).encode())
    except Problem as problem:
        return problem.status
    return 201
