"""A played run is the same every time, and interrupting it changes nothing."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, select

from adapters.execution import store as rows
from adapters.execution.lifecycle import Happened, created, replayed
from adapters.execution.order import Order
from adapters.execution.tables import orders
from policy.contracts import utc_text
from policy.tables import decided_signals, policy_evaluations, policy_rule_hits
from tests.trivet import PROJECT, answer, trivet, trivet_process

DAYS = ("--from", "2012-05-18", "--to", "2012-07-20")
KILLS = 20


@contextmanager
def looking_into(home):
    """A connection of our own to the store in ``home``."""
    store = create_engine(f"sqlite:///{home / 'trivet.sqlite3'}")
    try:
        with store.connect() as connection:
            yield connection
    finally:
        store.dispose()


@pytest.fixture(scope="module")
def stumbled(tmp_path_factory):
    """A folder with a replay of summer 2012 that ran undisturbed, and one that was killed twenty times."""
    folder = tmp_path_factory.mktemp("stumbled")
    command = [sys.executable, "-m", "tests.flows.stumbling", folder, "2012-05-18", "2012-08-31", str(KILLS)]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def found(folder, name):
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


def test_two_replays_of_the_same_days_are_equal_to_the_byte(tmp_path):
    one, other = (answer(trivet_process(tmp_path / name, "replay", *DAYS, "--json")) for name in "ab")
    assert one == other
    assert one["sessions"] == 44
    assert one["signals"] == sum(one["decisions"].values())
    assert min(one["decisions"].values()) > 0
    assert len(one["reasons"]) >= 6
    assert one["fills"] > 0


def test_a_replay_that_is_killed_again_and_again_ends_as_if_it_had_not_been(stumbled):
    assert found(stumbled, "resumed") == found(stumbled, "whole")
    assert one_decision_each(stumbled / "resumed") == found(stumbled, "whole")["signals"]


def test_kills_come_while_orders_are_at_work_and_never_break_the_audit_log(stumbled):
    kills = found(stumbled, "kills")["kills"]
    assert len(kills) == KILLS
    assert [kill["flaws"] for kill in kills if kill["flaws"]] == []
    left = [state for kill in kills for state in kill["unfinished"]]
    assert {"NEW", "SUBMITTED", "ACCEPTED", "PARTIALLY_FILLED"} <= set(left)
    assert sum(bool(kill["unfinished"]) for kill in kills) >= KILLS * 3 / 4


def test_no_kill_sends_an_order_twice_or_loses_a_fill(stumbled):
    books = found(stumbled, "kills")["books"]
    assert books["orders"] >= KILLS
    assert books["most submissions of one order"] == 1
    assert len(books["fills here"]) >= KILLS
    assert books["fills here"] == books["fills at the broker"]


def test_after_all_kills_house_broker_and_portfolio_hold_the_same(stumbled):
    books = found(stumbled, "kills")["books"]
    assert len(set(books["cash"])) == 1
    ours, theirs, followed = books["shares"]
    assert ours == theirs == followed


@pytest.mark.parametrize("run", ["whole", "resumed"])
def test_what_is_on_record_of_an_order_gives_the_order_again_to_the_byte(stumbled, run):
    with looking_into(stumbled / run) as connection:
        kept = [rows.order_of(row) for row in connection.execute(select(orders))]
        lives = {order.order_id: life(connection, order.order_id) for order in kept}
    assert {order.state.value for order in kept} >= {"FILLED", "DENIED", "REJECTED", "EXPIRED"}
    for order in kept:
        first, *events = lives[order.order_id]
        again = replayed(created(as_made(order), first.by), events)
        assert json.dumps(again.to_json()) == json.dumps(order.to_json())


def life(connection, order_id):
    return [Happened.from_json(json.loads(row.happened)) for row in rows.history(connection, order_id)]


def as_made(order):
    """The order with its terms alone, before anything happened to it."""
    lasting = ("order_id", "client_order_id", "symbol", "side", "qty", "order_type", "limit_price", "purpose")
    terms = {name: getattr(order, name) for name in lasting}
    return Order(
        **terms,
        created_at=order.created_at,
        updated_at=order.created_at,
        signal_id=order.signal_id,
        decision_id=order.decision_id,
        strategy=order.strategy,
        origin=order.origin,
    )


def test_the_same_days_bring_the_same_decisions_and_order_states(stumbled, snapshot):
    with looking_into(stumbled / "whole") as connection:
        decisions = [*decided(connection)]
        ends = [
            ended(rows.order_of(row)) for row in connection.execute(select(orders).order_by(orders.c.seq))
        ]
    assert "\n".join(["decisions", *decisions, "orders", *ends]) == snapshot


def decided(connection):
    """A line for each decision of June: when, what, how, and the rules that objected."""
    query = select(policy_evaluations).where(policy_evaluations.c.purpose.is_(None))
    for row in connection.execute(query.order_by(policy_evaluations.c.id)):
        if row.evaluated_at.month == 6:
            hits = policy_rule_hits.c
            objected = select(hits.rule).where(hits.decision_id == row.decision_id, hits.verdict.is_not(None))
            rules = ", ".join(connection.scalars(objected.order_by(hits.position)))
            deal = f"{row.candidate_action} {row.symbol}"
            yield f"{utc_text(row.evaluated_at)} {deal}: {row.verdict} {rules}".rstrip()


def ended(order):
    """A line for an order: when, what, how it ended, why, and what was filled."""
    codes = ", ".join(reason.code for reason in order.reasons)
    booked = "; ".join(f"{one.kind} {one.qty} at {one.price}" for one in order.executions)
    deal = f"{order.side} {order.qty} {order.symbol}"
    parts = (f"{utc_text(order.created_at)} {deal}: {order.state.value}", codes, booked)
    return " | ".join(part for part in parts if part)


def one_decision_each(home):
    with looking_into(home) as connection:
        decided = policy_evaluations.c.purpose.is_(None)
        signals = connection.scalars(select(policy_evaluations.c.signal_id).where(decided)).all()
        claims = connection.scalars(select(decided_signals.c.signal_id)).all()
    assert len(set(signals)) == len(signals)
    assert set(claims) == set(signals)
    return len(signals)


def test_a_store_that_holds_a_replay_is_not_played_over(tmp_path):
    days = ("--from", "2012-06-04", "--to", "2012-06-05")
    assert trivet(tmp_path, "replay", *days, "--store", tmp_path / "kept").returncode == 0
    again = trivet(tmp_path, "replay", *days, "--store", tmp_path / "kept")
    assert again.returncode == 2
    assert "--resume" in again.stderr


def test_days_without_bars_are_refused_with_the_days_there_are(tmp_path):
    refused = trivet(tmp_path, "replay", "--from", "2020-01-01", "--to", "2020-02-01")
    assert refused.returncode == 2
    assert "2000-03-01 to 2013-03-01" in refused.stderr
