"""The use case: one decision for each signal, by the packs in force, on record before it is told."""

import threading
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import Engine, event, func, select

from engine import EngineFailure
from policy.audit.verify import length, verify
from policy.contracts import Decision, MarketContext, PortfolioContext, ReasoningMemo
from policy.decisions import decision_of, rows_of
from policy.outbox import undelivered
from policy.ports import HouseContexts
from policy.problems import Problem
from policy.proposal import Proposal, proposal_of_signal
from policy.store import reading
from policy.tables import decided_signals, policy_evaluations, policy_rule_hits, refusals, reviews
from policy.writer import Writer
from tests.policy.parts import CLOSE, NOON, House, Texts, build_house, proposal, signal_id, stricter_core
from tests.policy.signals import candidate


def decide(house: House, *proposals: Proposal) -> list[Decision | Problem]:
    return house.service.evaluation.evaluate_batch(proposals)


def only(house: House, one: Proposal) -> Decision:
    (answer,) = decide(house, one)
    assert isinstance(answer, Decision), answer
    return answer


def refused(house: House, one: Proposal) -> Problem:
    (answer,) = decide(house, one)
    assert isinstance(answer, Problem), answer
    return answer


def rows(store: Engine, table: Any) -> int:
    with reading(store) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_evaluators_that_disagree_reject_and_are_counted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> tuple[int, int]:
        raise EngineFailure("the sentinel rule did not fire")

    monkeypatch.setattr("engine.rete.Network.judge", silent)
    decision = only(house, proposal())
    assert decision.decision == "REJECT"
    assert "trivet/engine-disagreement" in [reason.rule for reason in decision.reasons]
    counted = generate_latest(house.service.tally.registry).decode()
    assert "trivet_engine_disagreements_total 1.0" in counted


def test_faults_of_facts_and_of_names_are_told_together(store: Engine) -> None:
    library = Texts(shelf={"callers": (("stops", "1.0.0"),), "house": ()})
    library.add(STOPS)
    problem = refused(build_house(store, library), proposal(facts={"stopped": True, "unheard": 1.0}))
    assert {(fault.pointer, fault.code) for fault in problem.errors} == {
        ("/facts/stopped", "house-only"),
        ("/facts/unheard", "undeclared"),
        ("/facts/desk", "missing"),
    }


def test_full_queue_turns_callers_away_and_decides_the_rest(house: House) -> None:
    writer = Writer(house.service.evaluation.evaluate_batch, lambda _: None, house.service.tally, capacity=2)
    waiting = [threading.Thread(target=writer.decide_now, args=(proposal(number),)) for number in range(2)]
    for thread in waiting:
        thread.start()
    while writer._waiting.qsize() < 2:
        assert all(thread.is_alive() for thread in waiting)
    with pytest.raises(Problem) as turned_away:
        writer.decide_now(proposal(3))
    assert (turned_away.value.status, turned_away.value.slug) == (503, "overloaded")
    writer.start()
    writer.stop()
    for thread in waiting:
        thread.join()
    assert length(house.service.store) == 2


def test_calm_signal_is_approved_and_capped(house: House) -> None:
    decision = only(house, proposal())
    assert decision.decision == "APPROVE"
    assert decision.reasons == ()
    assert decision.approved_size_pct == 0.01
    assert [cap.rule for cap in decision.caps] == ["trading-core/oversized"]
    assert decision.expires_at is not None
    assert (decision.expires_at - decision.evaluated_at).total_seconds() == 60


def test_rejection_has_no_size_no_expiry_and_every_reason(house: House) -> None:
    decision = only(house, proposal(confidence=0.1, market_context__data_age_seconds=31, symbol="ZZZ"))
    assert decision.decision == "REJECT"
    assert decision.approved_size_pct == 0
    assert decision.expires_at is None
    rules = [reason.rule.partition("/")[2] for reason in decision.reasons]
    assert rules == ["stale-data", "symbol-not-allowed", "low-confidence"]


def test_review_waits_until_the_session_closes(house: House) -> None:
    decision = only(house, proposal(confidence=0.5))
    assert decision.decision == "REVIEW"
    assert decision.review_id is not None
    assert decision.expires_at == CLOSE


def test_review_outside_sessions_waits_fifteen_minutes(house: House) -> None:
    house.sessions.close = None
    decision = only(house, proposal(confidence=0.5))
    assert decision.expires_at is not None
    assert (decision.expires_at - NOON).total_seconds() == 15 * 60


def test_same_body_gets_the_same_decision_word_for_word(house: House, store: Engine) -> None:
    first = only(house, proposal(confidence=0.5))
    house.clock.pass_by(hours=1)
    again = only(house, proposal(confidence=0.5))
    assert again.model_dump_json(exclude={"rules"}) == first.model_dump_json(exclude={"rules"})
    assert rows(store, policy_evaluations) == rows(store, reviews) == 1


def test_order_of_keys_and_spelling_of_numbers_do_not_make_another_body(house: House) -> None:
    first = only(house, proposal(market_context__data_age_seconds=12))
    again = only(house, proposal(market_context__data_age_seconds=12.0))
    assert again.decision_id == first.decision_id


def test_another_body_for_a_decided_signal_is_a_conflict(house: House, store: Engine) -> None:
    only(house, proposal())
    problem = refused(house, proposal(confidence=0.9))
    assert (problem.status, problem.slug) == (409, "signal-already-decided")
    assert rows(store, policy_evaluations) == 1


def test_repeats_inside_one_batch_share_one_decision(house: House, store: Engine) -> None:
    first, again, other = decide(house, proposal(), proposal(), proposal(confidence=0.9))
    assert first == again
    assert isinstance(other, Problem)
    assert other.slug == "signal-already-decided"
    assert rows(store, policy_evaluations) == 1
    assert verify(store) == []


def test_faulty_signal_can_be_sent_again_once_mended(house: House, store: Engine) -> None:
    problem = refused(house, proposal(facts={"no_such_fact": 1.0}))
    assert (problem.status, problem.slug) == (422, "invalid-request")
    assert rows(store, decided_signals) == 0
    assert rows(store, refusals) == 1
    assert only(house, proposal()).decision == "APPROVE"


def test_faulty_and_good_signal_of_one_batch_get_their_own_answers(house: House) -> None:
    bad, good = decide(house, proposal(1, facts={"x": True}), proposal(2))
    assert isinstance(bad, Problem)
    assert isinstance(good, Decision)


def test_faulty_first_does_not_refuse_its_mended_repeat_in_one_batch(house: House) -> None:
    bad, good = decide(house, proposal(1, facts={"x": True}), proposal(1))
    assert isinstance(bad, Problem)
    assert isinstance(good, Decision)


def test_contract_field_smuggled_through_facts_is_a_fault(house: House) -> None:
    problem = refused(house, proposal(facts={"confidence": 1.0, "market_context.market_open": True}))
    assert {(fault.pointer, fault.code) for fault in problem.errors} == {
        ("/facts/confidence", "contract-field"),
        ("/facts/market_context.market_open", "contract-field"),
    }


def test_house_only_input_is_refused_from_a_caller(store: Engine) -> None:
    library = Texts(shelf={"callers": (("stops", "1.0.0"),), "house": ()})
    library.add(STOPS)
    problem = refused(build_house(store, library), proposal(facts={"stopped": False, "desk": "A"}))
    assert [(fault.pointer, fault.code) for fault in problem.errors] == [("/facts/stopped", "house-only")]


def test_declared_caller_input_goes_through_facts(store: Engine) -> None:
    library = Texts(shelf={"callers": (("stops", "1.0.0"),), "house": ()})
    library.add(STOPS)
    house = build_house(store, library)
    assert only(house, proposal(1, facts={"desk": "B"})).decision == "REJECT"
    assert only(house, proposal(2, facts={"desk": "A"})).decision == "APPROVE"


def test_missing_required_input_is_named_for_the_caller(store: Engine) -> None:
    library = Texts(shelf={"callers": (("stops", "1.0.0"),), "house": ()})
    library.add(STOPS)
    problem = refused(build_house(store, library), proposal())
    assert [(fault.pointer, fault.code) for fault in problem.errors] == [("/facts/desk", "missing")]


def test_nothing_is_approved_without_a_pack(store: Engine) -> None:
    house = build_house(store, Texts(shelf={"callers": (), "house": ()}))
    decision = only(house, proposal())
    assert decision.decision == "REJECT"
    assert [reason.rule for reason in decision.reasons] == ["trivet/no-active-pack"]


def test_house_signal_that_cannot_be_measured_is_rejected(house: House) -> None:
    memo = ReasoningMemo(signal_id=signal_id(1), status="SKIPPED")
    decision = only(house, proposal_of_signal(candidate(1), HouseContexts(None, None), memo))
    assert decision.decision == "REJECT"
    assert "trivet/facts-incomplete" in [reason.rule for reason in decision.reasons]
    assert decision.source == "house"


def test_house_signal_keeps_its_decision_when_measured_anew(house: House) -> None:
    memo = ReasoningMemo(signal_id=signal_id(1), status="SKIPPED")
    first = only(house, proposal_of_signal(candidate(1), measured(age=1), memo))
    again = only(house, proposal_of_signal(candidate(1), measured(age=99), memo))
    assert again.decision_id == first.decision_id
    assert again.decision == first.decision


def test_unmeasured_liquidity_of_the_house_needs_a_person(house: House) -> None:
    memo = ReasoningMemo(signal_id=signal_id(1), status="SKIPPED")
    decision = only(house, proposal_of_signal(candidate(1), measured(age=1, liquidity=None), memo))
    assert decision.decision == "REVIEW"
    assert "house-measurements/unmeasured-liquidity" in [reason.rule for reason in decision.reasons]


def test_every_hit_unknown_rule_and_cap_has_its_row(house: House, store: Engine) -> None:
    decision = only(house, proposal(confidence=0.5, reasoning=None))
    with reading(store) as connection:
        found = connection.execute(select(policy_rule_hits).order_by(policy_rule_hits.c.position)).all()
    assert [(row.rule.partition("/")[2], row.kind) for row in found] == [
        ("low-confidence", "hit"),
        ("oversized", "cap"),
        ("cautious-memo", "unknown"),
        ("failed-reasoning", "unknown"),
        ("blocking-memo", "unknown"),
    ]
    assert {row.decision_id for row in found} == {decision.decision_id}


def test_decision_and_its_event_are_one_transaction(house: House, store: Engine) -> None:
    decision = only(house, proposal(confidence=0.5))
    with reading(store) as connection:
        told = [one for _, one in undelivered(connection, 100) if not one.type.endswith("activated")]
    assert [one.type.value for one in told] == ["policy.decision.made", "policy.review.requested"]
    assert told[0].data["decision_id"] == str(decision.decision_id)


def test_what_is_read_back_is_what_was_answered(house: House, store: Engine) -> None:
    made = [only(house, proposal(number, confidence=value)) for number, value in enumerate((0.9, 0.5))]
    made.append(only(house, proposal(9, symbol='A"\\\0é☃')))
    with reading(store) as connection:
        found = rows_of(connection, [one.decision_id for one in made if one.decision_id])
    assert [decision_of(found[one.decision_id]) for one in made if one.decision_id] == made


def test_fifty_identical_posts_at_once_make_one_decision(house: House, store: Engine) -> None:
    house.service.writer.start()
    answers: list[Decision | Problem] = []
    threads = [
        threading.Thread(target=lambda: answers.append(house.service.writer.decide_now(proposal())))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.service.stop()
    assert len(answers) == 50
    assert len({one.decision_id for one in answers if isinstance(one, Decision)}) == 1
    assert rows(store, policy_evaluations) == rows(store, decided_signals) == 1


def test_two_processes_on_their_own_chains_decide_a_signal_once(house: House, store: Engine) -> None:
    other = build_house(store, chain="second")
    numbers = range(40)
    answers: dict[str, list[Decision | Problem]] = {}

    def work(name: str, one: House, order: list[int]) -> None:
        answers[name] = one.service.evaluation.evaluate_batch([proposal(number) for number in order])

    pair = [
        threading.Thread(target=work, args=("first", house, list(numbers))),
        threading.Thread(target=work, args=("second", other, list(reversed(numbers)))),
    ]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
    assert rows(store, policy_evaluations) == len(numbers)
    assert sorted(map(str, answers["first"])) == sorted(map(str, answers["second"]))
    assert verify(store) == []


def test_waiting_signals_share_one_commit(house: House, store: Engine) -> None:
    commits = 0

    def count(_connection: object) -> None:
        nonlocal commits
        commits += 1

    gate, release = threading.Event(), threading.Event()
    decide_ = house.service.writer._decide

    def held_up(proposals: Any) -> Any:
        gate.set()
        release.wait(10)
        return decide_(proposals)

    house.service.writer._decide = held_up
    house.service.writer.start()
    threads = [
        threading.Thread(target=house.service.writer.decide_now, args=(proposal(number),))
        for number in range(30)
    ]
    threads[0].start()
    assert gate.wait(10)
    for thread in threads[1:]:
        thread.start()
    while house.service.writer._waiting.qsize() < 29:
        assert threads[-1].is_alive()
    house.service.evaluation.months.reach(house.clock.now())  # once a month, in a commit of its own
    event.listen(store, "commit", count)
    release.set()
    for thread in threads:
        thread.join()
    house.service.stop()
    assert commits == 2
    assert rows(store, policy_evaluations) == 30


def test_new_version_judges_the_first_decision_after_its_activation(house: House, store: Engine) -> None:
    assert only(house, proposal(1)).decision == "APPROVE"
    house.library.add(stricter_core("1.1.0"))
    other_process = build_house(store, house.library)
    other_process.service.shelf.activate("trading-core", "1.1.0", ["callers"], by="test")
    changed = only(house, proposal(2))
    assert changed.decision == "REVIEW"
    assert [ref.version for ref in changed.packs] == ["1.1.0"]
    house.service.shelf.rollback("trading-core", by="test", confirmed_by="test")
    assert [ref.version for ref in only(house, proposal(3)).packs] == ["1.0.0"]


def measured(age: float, liquidity: float | None = 0.9) -> HouseContexts:
    market = MarketContext(
        data_age_seconds=age, market_open=True, event_blackout_active=False, liquidity_score=liquidity
    )
    book = PortfolioContext(gross_exposure_pct=0.1, daily_drawdown_pct=0.0, correlation=0.1)
    return HouseContexts(market, book)


STOPS = """
pack: stops
version: 1.0.0
owner: risk
purpose: Inputs of both kinds, for tests.
inputs:
  stopped: {type: boolean, source: house, absent: skip}
  desk: {type: string}
rules:
  - id: is-stopped
    when: "stopped"
    then: REJECT
    reason: "stopped"
    rationale: Tests.
  - id: wrong-desk
    when: 'desk == "B"'
    then: REJECT
    reason: "desk B may not trade"
    rationale: Tests.
"""
