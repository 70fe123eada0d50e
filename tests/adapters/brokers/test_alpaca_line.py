"""The line to the sandbox broker: sent once, never waited for without end, live locked out, numbers exact."""

import json
import time
from decimal import Decimal

import pytest

from adapters.brokers.alpaca.address import paper_address
from adapters.brokers.alpaca.line import Declined, Line, Patience, TooMany
from adapters.ports import BrokerRefused, BrokerSilent
from adapters.settings import UnsafeSettings
from tests.adapters.brokers.alpaca_stand_in import faults
from tests.adapters.brokers.alpaca_stand_in.faults import Fault
from tests.adapters.brokers.alpaca_stand_in.server import KEY, SECRET
from tests.adapters.brokers.sandbox import QUICK, sandbox
from tests.adapters.brokers.trading import number, ticket

POST = "POST /v2/orders"


@pytest.fixture
def box(store):
    with sandbox(store) as opened:
        yield opened


def posts(box):
    return box.alpaca.script.seen.count(POST)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.alpaca.markets",
        "http://paper-api.alpaca.markets",
        "https://paper-api.alpaca.markets.example.com",
        "https://paper-api.alpaca.markets@api.alpaca.markets",
        "https://paper-api.alpaca.markets:8443",
        "https://paper-api.alpaca.markets/../live",
        "https://api.alpaca.markets#paper-api.alpaca.markets",
        "ftp://127.0.0.1",
        "http://10.0.0.1",
        "http://127.0.0.1:port",
        "",
    ],
)
def test_no_address_but_the_paper_host_and_this_machine_can_be_talked_to(url):
    with pytest.raises(UnsafeSettings, match="live trading is locked out"):
        paper_address(url)


def test_the_paper_host_and_loopback_can_be_talked_to():
    paper = paper_address("https://Paper-API.alpaca.markets/")
    assert (paper.rest.lower(), paper.is_local) == ("https://paper-api.alpaca.markets", False)
    local = paper_address("http://127.0.0.1:9")
    assert (local.stream, local.is_local) == ("ws://127.0.0.1:9/stream", True)


@pytest.mark.parametrize(
    "fault",
    [
        faults.HANGS,
        faults.GATEWAY_AFTER,
        faults.GARBLED,
        faults.CUT,
        faults.BROKEN,
        faults.MOVED,
        Fault(status=408),
        Fault(body=b"[]"),
        Fault(body=b"null"),
        Fault(body=b"[" * 200_000),
    ],
    ids=["hangs", "504", "garbled", "cut", "500", "redirect", "408", "a list", "null", "deep"],
)
def test_an_answer_that_settles_nothing_leaves_the_outcome_unknown_and_is_never_sent_again(box, fault):
    box.alpaca.script.next(POST, fault)
    began = time.monotonic()
    with pytest.raises(BrokerSilent):
        box.submit(ticket(1, qty=10))
    assert time.monotonic() - began < 30  # an answer that hangs would take a minute
    assert posts(box) == 1


def test_a_body_that_drips_for_ever_is_given_up(box):
    box.alpaca.script.next("GET /v2/account", faults.DRIPS)
    line = Line(paper_address(box.alpaca.url), KEY, SECRET, Patience(connect=2.0, read=2.0, whole=0.3))
    with pytest.raises(BrokerSilent, match="did not come to its end in time"):
        line.get_account()


def test_nobody_there_is_silence(box):
    line = Line(paper_address("http://127.0.0.1:9"), KEY, SECRET, QUICK)
    with pytest.raises(BrokerSilent, match="came to nothing"):
        line.get_account()


def test_asked_too_often_nothing_was_done_and_nothing_is_asked_until_the_time_is_over(box):
    box.alpaca.script.next(POST, faults.TOO_MANY_FOR_A_SECOND)
    with pytest.raises(BrokerRefused, match="429"):
        box.submit(ticket(1, qty=10))
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        box.submit(ticket(2, qty=10))
    with pytest.raises(TooMany):
        box.broker.order(number(1))
    assert (posts(box), box.alpaca.account.posts) == (1, [])
    time.sleep(1.0)
    box.submit(ticket(2, qty=10))
    assert box.words() == ["accepted"]


def test_asked_too_often_without_a_time_the_house_holds_off_by_itself(box):
    box.alpaca.script.next(POST, faults.TOO_MANY)
    with pytest.raises(BrokerRefused):
        box.submit(ticket(1, qty=10))
    with pytest.raises(BrokerSilent, match="nothing was sent"):
        box.account()


@pytest.mark.parametrize(("fault", "status"), [(faults.UNAUTHORIZED, 401), (faults.FORBIDDEN, 403)])
def test_keys_that_are_not_taken_refuse_an_order_and_never_look_like_an_empty_account(box, fault, status):
    box.alpaca.script.always["GET"] = box.alpaca.script.always["POST"] = fault
    with pytest.raises(BrokerRefused, match=f"HTTP {status}"):
        box.submit(ticket(1, qty=10))
    with pytest.raises(BrokerSilent):
        box.account()
    with pytest.raises(BrokerSilent):
        box.broker.order(number(1))


def test_wrong_keys_are_declined_and_not_told_to_anybody(box):
    line = Line(paper_address(box.alpaca.url), KEY, "another secret", QUICK)
    with pytest.raises(Declined) as declined:
        line.get_account()
    assert declined.value.status == 401
    assert "another secret" not in repr(declined.value)


def test_numbers_keep_every_digit(box):
    box.alpaca.script.next("GET /v2/account", Fault(body=b'{"cash": 0.10000000000000000000001}'))
    line = Line(paper_address(box.alpaca.url), KEY, SECRET, QUICK)
    assert line.get_account() == {"cash": Decimal("0.10000000000000000000001")}


@pytest.mark.parametrize(
    ("qty", "limit"), [(1, "0.01"), (999_999_999, None), (7, "9999999.99"), (3, "187.35")]
)
def test_an_order_goes_out_with_its_exact_terms_under_our_own_id(box, qty, limit):
    box.alpaca.account.cash = Decimal(10) ** 12
    order = ticket(1, qty=qty, limit=limit)
    box.submit(order)
    [taken] = box.alpaca.account.orders.values()
    assert taken.client_order_id == str(order.client_order_id)
    assert (taken.qty, taken.limit_price) == (order.qty, order.limit_price)


def test_an_order_under_an_id_that_alpaca_has_had_counts_as_taken_and_stays_as_it_was(box):
    box.submit(ticket(1, qty=10))
    box.submit(ticket(1, qty=10))
    assert box.alpaca.account.posts == [str(number(1))] * 2
    assert len(box.alpaca.account.orders) == 1
    assert box.words() == ["accepted"]


def test_a_known_id_that_alpaca_cannot_show_leaves_the_outcome_unknown(box):
    box.submit(ticket(1, qty=10))
    box.alpaca.script.always["GET /v2/orders:by"] = faults.Fault(does=False, status=404)
    with pytest.raises(BrokerSilent, match="does not show it"):
        box.submit(ticket(1, qty=10))


def test_an_answer_about_another_order_says_nothing_of_ours(box):
    box.submit(ticket(1, qty=10))
    other = box.alpaca.account.by_client(str(number(1))).json()
    box.alpaca.script.next(POST, Fault(does=False, status=200, body=json.dumps(other).encode()))
    with pytest.raises(BrokerSilent, match="another order"):
        box.submit(ticket(2, qty=10))


def test_what_stands_in_the_way_here_is_never_sent(box):
    box.objection = "the phase is paper"
    with pytest.raises(BrokerRefused, match="the phase is paper"):
        box.submit(ticket(1, qty=10))
    assert posts(box) == 0
