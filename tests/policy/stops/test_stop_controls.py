"""Each stop as the rules and the API meet it, registered with what was tried and what happened."""

import httpx

from policy.contracts import Decision
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.tripping import StopRefused, Stops
from tests.controls.rows import Shown, control
from tests.policy.parts import House
from tests.policy.stops.deciding import BAD_DAY, decide, own
from tests.policy.stops.test_stops_api import REARM, TRIP, WithKeys, of_role

TRIPPING = "policy/stops/tripping.py"


def said(decision: Decision) -> str:
    """The verdict and whoever objected, in words."""
    reasons = "; ".join(f"{one.rule}: {one.message}" for one in decision.reasons)
    return f"{decision.decision} {reasons}".strip()


def trip(house: House, scope: Scope = EVERYTHING, state: StopState = StopState.HALTED) -> Stops:
    stops = house.service.stops
    stops.trip(scope, state, cause="person", by="kim", note="a test")
    return stops


@control(32, "HALTED, as the rules know it", "rules/house-stops/pack.yaml", "REJECT")
def test_a_halted_house_approves_nothing(house: House) -> Shown:
    house.books.told = {"house.only_reduces": True}
    stops = trip(house)
    rejected = decide(house, own(1, candidate_action="SELL"))
    assert rejected.decision == "REJECT"
    stops.rearm(EVERYTHING, by="kim", note="looked")
    assert decide(house, own(2, candidate_action="SELL")).decision == "APPROVE"
    return Shown(
        "everything HALTED: a SELL of the house that only reduces; again when re-armed", said(rejected)
    )


@control(33, "REDUCING, as the rules know it", "rules/house-stops/pack.yaml", "REJECT")
def test_a_reducing_house_approves_what_reduces_and_nothing_else(house: House) -> Shown:
    trip(house, Scope.strategy("trend"), StopState.REDUCING)
    house.books.told = {"house.only_reduces": False}
    adds = decide(house, own(1))
    house.books.told = {}
    unknown = decide(house, own(2))
    house.books.told = {"house.only_reduces": True}
    reduces = decide(house, own(3))
    assert [one.decision for one in (adds, unknown, reduces)] == ["REJECT", "REJECT", "APPROVE"]
    attempt = "strategy trend REDUCING: a signal that adds; one of which nobody knows; one that reduces"
    return Shown(attempt, " / ".join(map(said, (adds, unknown, reduces))))


@control(9, "a bad day traps nothing", "rules/trading-core/pack.yaml", "REJECT")
def test_a_bad_day_lets_out_what_only_reduces(house: House) -> Shown:
    house.books.told = {"house.only_reduces": False}
    adds = decide(house, own(1, BAD_DAY))
    house.books.told = {"house.only_reduces": True}
    reduces = decide(house, own(2, BAD_DAY))
    assert [one.decision for one in (adds, reduces)] == ["REJECT", "APPROVE"]
    return Shown("4 per cent lost: a signal that adds, one that reduces", f"{said(adds)} / {said(reduces)}")


@control("S8", "latched: no trip loosens, no time re-arms", TRIPPING, "stays")
def test_what_is_stopped_stays_stopped(house: House) -> Shown:
    stops = house.service.stops
    stops.trip(EVERYTHING, StopState.HALTED, cause="person", by="kim", note="a test", exits=False)
    milder = trip(house, state=StopState.REDUCING)
    house.clock.pass_by(days=365)
    standing = milder.in_force().at(EVERYTHING)
    assert standing is not None
    assert (standing.state, standing.exits) == (StopState.HALTED, False)
    try:
        stops.rearm(EVERYTHING, by="execution", note="it has been a year")
    except StopRefused as refused:
        words = str(refused)
    held = f"{standing.state.value}, exits {'pass' if standing.exits else 'held'}"
    return Shown(
        "HALTED without exits; tripped again to REDUCING; a year later; by the house", f"{held}; {words}"
    )


@control("S9", "many may stop, an operator lets go", "policy/access/routes.py", "403")
def test_letting_go_needs_the_operator(with_keys: WithKeys) -> Shown:
    client, tokens = with_keys

    def asked(path: str, wish: dict[str, str], role: str) -> httpx.Response:
        return client.post(path, json=wish, headers=of_role(tokens, role))

    assert asked(TRIP, {}, "trader").status_code == 200
    refused = asked(REARM, {"scope": "everything", "note": "fine"}, "trader")
    assert refused.status_code == 403
    let_go = asked(REARM, {"scope": "everything", "note": "looked"}, "operator")
    attempt = "a trader trips everything and re-arms it; an operator re-arms it"
    return Shown(attempt, f"HALTED; 403 {refused.json()['detail']}; {let_go.json()['state']}")
