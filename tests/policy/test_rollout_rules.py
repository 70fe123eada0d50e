"""What each phase's pack stops, asked of the whole policy service in that phase."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from adapters.storage.database import open_store
from policy.audit.verify import verify
from policy.contracts import Decision, MarketContext, PortfolioContext
from policy.explain import replay
from policy.permits import Asked, Denied, Permits
from policy.problems import Problem
from policy.rollout.phases import Phase
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.tripping import Stops
from policy.store import writing
from policy.tables import policy_evaluations
from tests.controls.rows import Shown, control
from tests.policy.parts import House, build_house, proposal, signal_id
from tests.policy.rolling import ANNA, READY, Rolling, roll

ROLLOUT = "policy/rollout/rollout.py"
CALM = {"house.stop": "ACTIVE", "house.only_reduces": False, "house.minutes_to_close": 292.5}
SMALL = CALM | {"house.trade_value": 99.0, "house.daily_loss": 0.0, "house.kill_switch_armed": True}


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Engine]:
    """One database is enough: what differs between them is not asked here."""
    opened = open_store(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture
def rolling(store: Engine) -> Iterator[Rolling]:
    house = build_house(store)
    house.books.told = dict(SMALL)
    yield roll(house)
    house.service.stop()


def judged(rolling: Rolling, number: int = 1, **changes: object) -> tuple[str, list[str]]:
    """Verdict and rules of the phase's pack on a calm request with a stop two per cent away."""
    decision = decide(rolling, number, **changes)
    rules = [one.rule for one in decision.reasons if one.rule.startswith("rollout-")]
    return decision.decision, [rule.partition("/")[2] for rule in rules]


def decide(rolling: Rolling, number: int = 1, **changes: object) -> Decision:
    [found] = rolling.house.service.evaluation.evaluate_batch(
        [proposal(number, **({"stop_distance_pct": 0.02} | changes))]
    )
    assert isinstance(found, Decision)
    return found


@control(11, "risk per trade", "rules/rollout-paper/pack.yaml", "REJECT")
def test_a_trade_without_a_stop_or_with_too_much_at_risk_is_rejected(rolling: Rolling) -> Shown:
    rolling.enter(Phase.PAPER)
    assert judged(rolling, 1) == ("APPROVE", [])
    without = judged(rolling, 2, stop_distance_pct=None)
    too_much = judged(rolling, 3, size_pct=0.5, stop_distance_pct=0.0101)
    at_the_limit = judged(rolling, 4, size_pct=0.5, stop_distance_pct=0.01)
    assert (without, too_much) == (("REJECT", ["risk-too-large"]),) * 2
    assert at_the_limit == ("APPROVE", [])
    return Shown(
        "no stop distance; half the equity with a stop 1.01 % away, and 1 % away",
        "REJECT, REJECT, and APPROVE of what risks exactly half a per cent",
    )


@control(38, "nothing opened late", "rules/rollout-paper/pack.yaml", "REJECT")
def test_nothing_is_opened_late_and_what_only_reduces_passes(rolling: Rolling) -> Shown:
    rolling.enter(Phase.PAPER)
    rolling.house.books.told |= {"house.minutes_to_close": 195.0}
    opening = judged(rolling, 1)
    rolling.house.books.told |= {"house.only_reduces": True}
    leaving = judged(rolling, 2, candidate_action="SELL")
    del rolling.house.books.told["house.minutes_to_close"]
    rolling.house.books.told |= {"house.only_reduces": False}
    outside = judged(rolling, 3)
    assert (opening, leaving) == (("REJECT", ["late-opening"]), ("APPROVE", []))
    assert outside == ("REJECT", ["late-opening"])
    return Shown(
        "a BUY 195 minutes before the close, a SELL that only reduces, a BUY outside sessions",
        "REJECT, APPROVE, REJECT",
    )


@control(12, "value of a sandbox trade", "rules/rollout-sandbox/pack.yaml", "REJECT")
def test_no_sandbox_trade_is_worth_more_than_a_hundred_dollars(rolling: Rolling) -> Shown:
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    found = []
    for number, value in enumerate((100.0, 100.01)):
        rolling.house.books.told["house.trade_value"] = value
        found.append(judged(rolling, number))
    del rolling.house.books.told["house.trade_value"]
    unknown = judged(rolling, 9)
    assert found[0] == ("REVIEW", ["person-decides"])
    assert found[1] == ("REJECT", ["trade-too-large", "person-decides"])
    assert unknown == ("REJECT", ["trade-too-large", "person-decides"])
    return Shown(
        "trades worth 100 and 100.01 dollars, and one that nobody can value", "REVIEW, REJECT, REJECT"
    )


@control(41, "a person looks at every sandbox trade", "rules/rollout-sandbox/pack.yaml", "REVIEW")
def test_a_sandbox_trade_waits_for_a_person_and_the_rules_are_asked_again(rolling: Rolling) -> Shown:
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    house = rolling.house
    see(house)
    first, second = decide(rolling, 1), decide(rolling, 2)
    assert (first.decision, second.decision) == ("REVIEW", "REVIEW")
    assert first.review_id is not None
    assert second.review_id is not None
    approved = house.service.reviews.approve(first.review_id, "kim", "small enough")
    house.books.told["house.trade_value"] = 150.0
    with pytest.raises(Problem) as refused:
        house.service.reviews.approve(second.review_id, "kim", "looks fine")
    assert (approved.decision, refused.value.slug) == ("APPROVE", "rules-now-reject")
    return Shown(
        "two trades approved by a person, the second worth 150 dollars by then",
        f"APPROVE, and 409 {refused.value.slug}",
    )


def see(house: House) -> None:
    """Let the house measure a calm market and an empty book."""
    house.contexts.market = MarketContext(
        data_age_seconds=1, market_open=True, event_blackout_active=False, liquidity_score=0.9
    )
    house.contexts.portfolio = PortfolioContext(
        gross_exposure_pct=0.0, daily_drawdown_pct=0.0, correlation=0.0
    )


def test_a_review_of_before_the_phase_is_held_to_the_phases_pack(rolling: Rolling) -> None:
    see(rolling.house)
    with_stop_unsaid = decide(rolling, 1, stop_distance_pct=None, confidence=0.5)
    rolling.enter(Phase.PAPER)
    assert with_stop_unsaid.review_id is not None
    with pytest.raises(Problem) as refused:
        rolling.house.service.reviews.approve(with_stop_unsaid.review_id, "kim", "asked before the phase")
    assert refused.value.slug == "rules-now-reject"
    assert "rollout-paper/risk-too-large" in {one.code for one in refused.value.errors}


def test_an_approval_of_before_the_phase_is_no_permit_in_it(rolling: Rolling) -> None:
    house, store = rolling.house, rolling.rollout.store
    see(house)
    assert decide(rolling, 1, stop_distance_pct=None).decision == "APPROVE"
    rolling.enter(Phase.PAPER)
    permits = Permits(house.clock, house.contexts, house.service.loader, "main", house.books)
    asked = Asked(
        UUID(int=1), UUID(int=2), signal_id(1), "AAPL", "BUY", Decimal(1), Decimal(100), Decimal(10**6)
    )
    with writing(store) as connection:
        denied = permits.examine(connection, asked)
        assert isinstance(denied, Denied)
        row = connection.execute(
            select(policy_evaluations).where(policy_evaluations.c.purpose == "permit")
        ).one()
    assert "rollout-paper/risk-too-large" in denied.reason.message
    assert replay(row, house.service.loader).matched
    assert verify(store) == []


@pytest.fixture
def living(rolling: Rolling) -> Rolling:
    """The policy service under the pack of the last phase, which nobody can enter."""
    rolling.house.service.shelf.activate(
        "rollout-live", "1.0.0", ("callers",), "a test", confirmed_by="a test"
    )
    return rolling


@control(10, "daily loss with live capital", "rules/rollout-live/pack.yaml", "REJECT")
def test_fifty_dollars_lost_end_the_live_day(living: Rolling) -> Shown:
    found = []
    for number, loss in enumerate((49.99, 50.0)):
        living.house.books.told["house.daily_loss"] = loss
        found.append(judged(living, number)[0])
    living.house.books.told["house.only_reduces"] = True
    leaving = judged(living, 7, candidate_action="SELL")[0]
    assert (*found, leaving) == ("REVIEW", "REJECT", "REVIEW")
    return Shown(
        "a BUY with 49.99 and with 50 dollars lost, and a SELL that only reduces",
        "REVIEW, REJECT, REVIEW",
    )


@control(32, "kill switch not armed", "rules/rollout-live/pack.yaml", "REJECT")
def test_without_an_armed_kill_switch_nothing_new_is_begun_live(living: Rolling) -> Shown:
    assert judged(living, 1) == ("REVIEW", ["person-decides"])
    stops = Stops(living.rollout.store, living.house.clock)
    stops.trip(EVERYTHING, StopState.REDUCING, cause="person", by="kim")
    assert judged(living, 2) == ("REJECT", ["kill-switch-not-armed", "person-decides"])
    return Shown("a BUY before and after the kill switch was used", "REVIEW, REJECT")


@control(40, "no phase without its evidence", ROLLOUT, "refused")
def test_no_phase_is_entered_without_evidence_and_live_never(rolling: Rolling) -> Shown:
    rolling.evidence.missing = {"sessions"}
    early = rolling.rollout.ask(ANNA, "anna", READY)
    rolling.evidence.missing = set()
    rolling.enter(Phase.PAPER, Phase.SANDBOX)
    live = rolling.rollout.ask(ANNA, "anna", READY)
    missing = [[one.code for one in request.checklist if not one.satisfied] for request in (early, live)]
    assert (early.status, live.status, rolling.phase()) == ("REFUSED", "REFUSED", Phase.SANDBOX)
    return Shown(
        "advance without its sessions, and from the sandbox to live",
        f"refused for {missing[0][0]}; refused for {missing[1][0]}",
    )
