"""The rollout goes on only by evidence and two people, back at once by one, and never past what it knows."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine, insert, select, text, update

from adapters.storage.database import open_store
from adapters.storage.rollout import read_terms
from policy.access.callers import LOCAL, Caller
from policy.api import create_app
from policy.contracts import Decision, PackSet
from policy.packs import PackLoader
from policy.ports import PackUnknown
from policy.problems import Problem
from policy.rollout.beginning import NotNew, begin_in
from policy.rollout.contracts import AdvanceRequest
from policy.rollout.moving import Move, Mover, PhaseMoved
from policy.rollout.phases import InPhase, Phase, PhaseUnreadable, phase_in_force
from policy.rollout.rollout import AdvanceRefused, Rollout
from policy.rollout.tables import rollout_phases
from policy.routes import rollout as routes
from policy.shelf import SETS, Shelf
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.tripping import Stops
from policy.store import reading, writing
from policy.tables import outbox, policy_evaluations
from tests.policy.parts import RULES, House, StillClock, Texts, build_house, proposal, serving
from tests.policy.rolling import ANNA, BEN, READY, Rolling, SetEvidence, roll


@pytest.fixture
def rolling(house: House) -> Rolling:
    return roll(house)


def refusal(act: Any, *arguments: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        act(*arguments)
    return caught.value


def test_a_store_that_nobody_advanced_is_in_development(rolling: Rolling) -> None:
    view = rolling.rollout.view()
    assert (view.phase, view.since, view.next_phase) == (Phase.DEVELOPMENT, None, Phase.PAPER)
    assert (view.packs, view.history, view.requests) == ((), (), ())
    assert [one.value for one in view.limits] == ["as in development"]


def test_what_is_missing_refuses_the_request_with_every_reason_and_its_next_step(rolling: Rolling) -> None:
    rolling.evidence.missing = {"sessions", "drills-passed"}
    Stops(rolling.rollout.store, rolling.house.clock).trip(
        EVERYTHING, StopState.HALTED, cause="person", by="kim"
    )
    request = rolling.rollout.ask(ANNA, "anna", READY)
    assert request.status == "REFUSED"
    missing = {one.code: one.next_step for one in request.checklist if not one.satisfied}
    assert set(missing) == {"sessions", "drills-passed", "no-stop"}
    assert all(missing.values())
    assert rolling.phase() is Phase.DEVELOPMENT
    assert refusal(rolling.rollout.confirm, request.request_id, BEN, "ben").slug == "request-settled"


def test_two_people_and_all_the_evidence_enter_the_phase_with_its_packs_and_its_checklist(
    rolling: Rolling,
) -> None:
    request = rolling.rollout.ask(ANNA, "anna", READY)
    assert (request.status, rolling.phase()) == ("OPEN", Phase.DEVELOPMENT)
    rolling.house.clock.pass_by(hours=1)
    told = rolling.rollout.confirm(request.request_id, BEN, "ben")
    assert (told.phase, told.by, told.confirmed_by, told.note) == (Phase.PAPER, "anna", "ben", READY)
    assert rolling.phase() is Phase.PAPER
    assert all("rollout-paper" in names for names in rolling.packs().values())
    assert rolling.requests() == [("GRANTED", "ben")]
    [kept] = rolling.rollout.view().history
    assert [one.code for one in kept.checklist][-1] == "two-people"
    assert all(one.satisfied for one in kept.checklist)


def test_a_move_is_told_as_one_event_with_its_checklist(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER)
    with reading(rolling.rollout.store) as connection:
        rows = connection.execute(select(outbox).where(outbox.c.type == "rollout.phase.changed")).all()
    [told] = [json.loads(row.data) for row in rows]
    assert (told["phase"], told["from_phase"], told["act"]) == ("paper", "development", "advance")
    assert told["checklist"]


def test_the_next_decision_is_made_by_the_packs_of_the_phase(rolling: Rolling) -> None:
    def decide(number: int) -> Decision:
        [found] = rolling.house.service.evaluation.evaluate_batch([proposal(number)])
        assert isinstance(found, Decision)
        return found

    assert decide(1).decision == "APPROVE"
    rolling.enter(Phase.PAPER)
    refused = decide(2)
    assert refused.decision == "REJECT"
    assert "rollout-paper/risk-too-large" in {one.rule for one in refused.reasons}
    rolling.rollout.back("kim", "the feed")
    assert decide(3).decision == "APPROVE"


def test_each_phase_has_its_own_pack_and_no_other_phases(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    for names in rolling.packs().values():
        assert [name for name in names if name.startswith("rollout-")] == ["rollout-sandbox"]
    rolling.rollout.back("kim", "")
    for names in rolling.packs().values():
        assert [name for name in names if name.startswith("rollout-")] == ["rollout-paper"]


@pytest.mark.parametrize(
    ("asker", "by", "confirmer", "name"),
    [
        (ANNA, "anna", ANNA, "anna"),
        (ANNA, "anna", ANNA, "ben"),
        (ANNA, "anna", LOCAL, "ben"),
        (LOCAL, "anna", BEN, "ben"),
        (LOCAL, "anna", LOCAL, "Anna"),
        (LOCAL, "anna", LOCAL, " an na"),
    ],
)
def test_nobody_confirms_alone(
    rolling: Rolling, asker: Caller, by: str, confirmer: Caller, name: str
) -> None:
    request = rolling.rollout.ask(asker, by, READY)
    assert (
        refusal(rolling.rollout.confirm, request.request_id, confirmer, name).slug == "second-person-needed"
    )
    assert (rolling.phase(), rolling.requests()) == (Phase.DEVELOPMENT, [("OPEN", None)])


@pytest.mark.parametrize("nobody", [" ", "house", "execution"])
def test_a_second_person_has_a_name_and_is_no_part_of_the_house(rolling: Rolling, nobody: str) -> None:
    request = rolling.rollout.ask(LOCAL, "anna", READY)
    assert refusal(rolling.rollout.confirm, request.request_id, LOCAL, nobody).slug == "no-person"
    assert refusal(rolling.rollout.ask, LOCAL, nobody, READY).slug == "no-person"
    assert (rolling.phase(), rolling.requests()) == (Phase.DEVELOPMENT, [("OPEN", None)])


def test_what_has_gone_since_the_request_refuses_the_confirmation(rolling: Rolling) -> None:
    request = rolling.rollout.ask(ANNA, "anna", READY)
    rolling.evidence.missing = {"drills-passed"}
    refused = refusal(rolling.rollout.confirm, request.request_id, BEN, "ben")
    assert isinstance(refused, AdvanceRefused)
    assert "drills-passed: 3 of 20, play on" in refused.detail
    assert (rolling.phase(), rolling.requests()) == (Phase.DEVELOPMENT, [("REFUSED", "ben")])


def test_a_request_of_another_phase_is_outdated(rolling: Rolling) -> None:
    old = rolling.rollout.ask(ANNA, "anna", READY)
    rolling.house.clock.pass_by(minutes=1)
    rolling.enter(Phase.PAPER)
    assert refusal(rolling.rollout.confirm, old.request_id, BEN, "ben").slug == "request-outdated"
    assert rolling.phase() is Phase.PAPER
    assert rolling.requests() == [("OUTDATED", "ben"), ("GRANTED", "ben")]


def test_of_two_moves_at_once_one_is_made(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER)
    stale = InPhase(Phase.DEVELOPMENT, None, 0)  # as somebody saw it before
    move = Move(stale, Phase.PAPER, "advance", "anna", "ben", READY)
    mover = Mover(rolling.rollout.shelf, rolling.rollout.loader, rolling.house.clock, rolling.rollout.terms)
    activations = rolling.rollout.shelf.newest()
    with pytest.raises(PhaseMoved):
        mover.make(replace(move, to=Phase.SANDBOX))
    assert rolling.rollout.shelf.newest() == activations
    assert rolling.phase() is Phase.PAPER


def test_nothing_skips_a_phase_and_live_is_locked(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    request = rolling.rollout.ask(ANNA, "anna", READY)
    assert (request.to_phase, request.status) == (Phase.LIVE, "REFUSED")
    [missing] = [one for one in request.checklist if not one.satisfied]
    assert (missing.code, missing.found) == ("live-broker", "none is shipped")
    assert rolling.phase() is Phase.SANDBOX


def test_one_person_goes_back_at_once_whatever_is_missing(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    rolling.evidence.missing = {"sessions", "drills-passed"}
    told = rolling.rollout.back("kim", "fills look odd")
    assert (told.phase, told.act, told.by, told.confirmed_by) == (Phase.PAPER, "back", "kim", None)
    assert rolling.rollout.back("kim", "").phase is Phase.DEVELOPMENT
    assert refusal(rolling.rollout.back, "kim", "").slug == "first-phase"
    assert "rollout-paper" not in rolling.packs()["house"]


def test_a_phase_survives_a_restart(rolling: Rolling, store_url: str) -> None:
    rolling.enter(Phase.PAPER)
    again = open_store(store_url)
    with reading(again) as connection:
        assert phase_in_force(connection) is Phase.PAPER
    judging = build_house(again).service.shelf
    with reading(again) as connection:
        assert "rollout-paper" in {pack.name for pack in judging.judging(connection)["callers"].packs}
    again.dispose()


def test_a_phase_that_cannot_be_read_is_no_phase(rolling: Rolling) -> None:
    store = rolling.rollout.store
    with writing(store) as connection:
        row = {"phase": "moon", "from_phase": "live", "act": "advance", "at": rolling.house.clock.now()}
        connection.execute(insert(rollout_phases).values(**row, by="x", note="", checklist=[]))
    with reading(store) as connection, pytest.raises(PhaseUnreadable, match="mend the store"):
        phase_in_force(connection)
    told = refusal(rolling.rollout.view)
    assert (told.status, told.slug) == (503, "phase-unreadable")
    assert refusal(rolling.rollout.back, "kim", "").slug == "phase-unreadable"
    with writing(store) as connection:
        connection.execute(text("DROP TABLE rollout_phases"))
    with reading(store) as connection:
        with pytest.raises(PhaseUnreadable):
            phase_in_force(connection)
        assert connection.scalar(text("SELECT 1")) == 1  # the transaction goes on


def test_a_log_that_was_changed_advances_nobody(rolling: Rolling) -> None:
    rolling.house.service.evaluation.evaluate_batch([proposal(1)])
    with writing(rolling.rollout.store) as connection:
        connection.execute(update(policy_evaluations).values(verdict="REJECT"))
    request = rolling.rollout.ask(ANNA, "anna", READY)
    [missing] = [one for one in request.checklist if not one.satisfied]
    assert missing.code == "log-verified"
    assert "trivet audit verify" in (missing.next_step or "")


def test_a_pack_that_is_not_there_advances_nobody(store: Engine) -> None:
    library = Texts()
    house = build_house(store, library)
    library.lose("rollout-paper", "1.0.0")
    service = house.service
    rollout = Rollout(store, service.shelf, service.loader, house.clock, SetEvidence(), read_terms(RULES))
    [missing] = [one for one in rollout.ask(ANNA, "anna", READY).checklist if not one.satisfied]
    assert (missing.code, missing.found) == ("pack-released", "cannot be told: rollout-paper@1.0.0 is gone")


def test_evidence_is_asked_for_the_phase_that_is_left_as_of_now(rolling: Rolling) -> None:
    rolling.enter(Phase.PAPER)
    rolling.house.clock.pass_by(days=40)
    rolling.rollout.checklist()
    phase, terms, at = rolling.evidence.asked[-1]
    assert (phase, terms.sessions, terms.weeks) == (Phase.PAPER, 20, 4)
    assert at == rolling.house.clock.now()


def test_a_new_store_begins_in_a_phase_with_its_packs_or_not_at_all(store: Engine) -> None:
    listed: dict[PackSet, tuple[tuple[str, str], ...]] = dict.fromkeys(SETS, (("rollout-paper", "1.0.0"),))
    library, clock = Texts(shelf=listed), StillClock()
    library.lose("rollout-paper", "1.0.0")
    with pytest.raises(PackUnknown):
        begin_in(Shelf(store, PackLoader(library), clock), clock, Phase.PAPER, "replay")
    with reading(store) as connection:
        assert phase_in_force(connection) is Phase.DEVELOPMENT
    shelf = Shelf(store, PackLoader(Texts(shelf=listed)), clock)
    begin_in(shelf, clock, Phase.PAPER, "replay")
    with reading(store) as connection:
        assert phase_in_force(connection) is Phase.PAPER
        assert [ref.pack for ref in shelf.judging(connection)["house"].refs] == ["rollout-paper"]
    with pytest.raises(NotNew):
        begin_in(shelf, clock, Phase.SANDBOX, "replay")


def test_limits_that_cannot_be_read_are_told_as_such(rolling: Rolling) -> None:
    rolling.evidence.unreadable = "rules/limits/paper.yaml lacks daily_loss"
    told = refusal(rolling.rollout.view)
    assert (told.status, told.slug, told.detail) == (503, "limits-unreadable", rolling.evidence.unreadable)


def test_a_request_says_why(rolling: Rolling) -> None:
    assert refusal(rolling.rollout.ask, ANNA, "anna", "  ").slug == "note-missing"
    assert refusal(rolling.rollout.confirm, UUID(int=7), BEN, "ben").slug == "request-not-found"


def test_over_http_a_request_waits_for_a_person_with_another_name(rolling: Rolling) -> None:
    rolling.house.service.start()
    with serving(create_app(rolling.house.service, [routes.router(rolling.rollout)])) as api:
        rolling.evidence.missing = {"sessions"}
        refused = posted(api, "advance", note=READY, by="anna")
        assert refused.status_code == 409
        assert [one["code"] for one in refused.json()["checklist"] if not one["satisfied"]] == ["sessions"]
        assert api.get("/v1/rollout/checklist").json()["satisfied"] is False
        rolling.evidence.missing = set()
        asked = posted(api, "advance", note=READY, by="anna")
        assert asked.status_code == 202
        wanted = AdvanceRequest.model_validate_json(asked.text)
        alone = posted(api, "confirm", request_id=str(wanted.request_id), by="anna")
        assert (alone.status_code, alone.json()["type"]) == (409, "urn:trivet:problem:second-person-needed")
        assert posted(api, "confirm", request_id=str(wanted.request_id), by="ben").json()["phase"] == "paper"
        view = api.get("/v1/rollout").json()
        assert (view["phase"], len(view["packs"]), view["history"][0]["confirmed_by"]) == ("paper", 2, "ben")
        assert posted(api, "back", by="kim").json()["phase"] == "development"


def posted(api: httpx.Client, act: str, **body: Any) -> httpx.Response:
    return api.post(f"/v1/rollout/{act}", json=body)
