"""A run in phase paper: flat by every close, evidence from what it left on record, and the way on from it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text, update

from adapters.execution.bookkeeping import CASH
from adapters.execution.stopping.drills import keep_drill
from adapters.execution.stopping.tables import stop_drills
from adapters.execution.tables import holdings
from adapters.portfolio.tables import pnl_history, portfolio_snapshots
from adapters.settings import Settings
from adapters.storage.database import open_store
from adapters.storage.rollout import read_terms
from adapters.wiring.closes import Ended, ended_sessions
from adapters.wiring.evidence import Records
from adapters.wiring.journey import Plan, journey
from adapters.wiring.refusal import JourneyRefused
from adapters.wiring.rollout import rollout_of
from adapters.wiring.store import StandingClock, clock_of
from policy.access.callers import LOCAL
from policy.contracts import EventType, SignalCandidate
from policy.rollout.contracts import Finding
from policy.rollout.phases import InPhase, Phase, phase_in_force, standing_phase
from policy.rollout.rollout import Rollout
from policy.store import reading, writing
from policy.tables import outbox, policy_rule_hits

FIRST, LAST = date(2012, 11, 19), date(2012, 12, 31)
HALF_DAYS = [date(2012, 11, 23), date(2012, 12, 24)]


def played(home: Path, phase: Phase | None, first: date | None = FIRST, last: date | None = LAST) -> Settings:
    """The bars of those days, played through; gives the settings of the store."""
    settings = Settings().at_home(home)
    with journey(settings, Plan(first, last, phase=phase), keep="session") as travel:
        travel.player.play_through()
    return settings


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return played(tmp_path_factory.mktemp("paper"), Phase.PAPER)


@pytest.fixture
def copy(paper: Settings, tmp_path: Path) -> Settings:
    """The run on a store that a test may change."""
    shutil.copytree(paper.home, tmp_path / "copy")
    return paper.at_home(tmp_path / "copy")


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    store = open_store(settings.store_url())
    try:
        yield store
    finally:
        store.dispose()


@contextmanager
def rolling(settings: Settings) -> Iterator[Rollout]:
    with opened(settings) as store:
        yield rollout_of(settings, store, clock_of(store))


def endings(settings: Settings) -> list[Ended]:
    with opened(settings) as store:
        return ended_sessions(store)


def findings(
    settings: Settings, since: datetime | None = None, rules: Path | None = None
) -> dict[str, Finding]:
    """What the records say, by code; ``since`` is when the phase was entered, if not when it was."""
    with opened(settings) as store:
        with reading(store) as connection:
            standing = standing_phase(connection)
        standing = standing if since is None else InPhase(standing.phase, since, standing.number)
        terms = read_terms(settings.rules)[standing.phase]
        found = Records(store, rules or settings.rules).findings(standing, terms, clock_of(store).now())
    return {one.code: one for one in found}


def drill(settings: Settings, *, passed: bool = True, days_ago: int = 0) -> None:
    """Put a drill of the stops on record."""
    with opened(settings) as store:
        at = clock_of(store).now() - timedelta(days=days_ago)
        keep_drill(
            store, StandingClock(at), "kim", passed=passed, table=[{"stop": "x", "as_expected": passed}]
        )


def test_every_session_ends_flat_half_days_included(paper: Settings) -> None:
    found = endings(paper)
    assert [one.session for one in found if one.is_half_day] == HALF_DAYS
    assert [one.session for one in found if not one.is_flat] == []
    traded = [one for one in found if one.flat_since is not None]
    assert len(traded) > 5
    assert sum(one.opened for one in traded) > Decimal(200)
    assert all(one.flat_since <= one.closes for one in traded)


def test_without_the_phase_the_same_days_hold_positions_overnight(tmp_path: Path) -> None:
    settings = played(tmp_path, None, last=date(2012, 11, 30))
    assert any(not one.is_flat for one in endings(settings))


def test_the_phase_survives_a_restart_and_is_not_changed_by_one(copy: Settings) -> None:
    played(copy.home, None, first=None, last=None)
    with opened(copy) as store, reading(store) as connection:
        assert phase_in_force(connection) is Phase.PAPER
    with pytest.raises(JourneyRefused, match="phase paper"):
        played(copy.home, Phase.SANDBOX, first=None, last=None)


def test_a_store_that_has_begun_is_put_in_no_phase(tmp_path: Path) -> None:
    played(tmp_path, None, last=date(2012, 11, 19))
    with pytest.raises(JourneyRefused, match="begun already"):
        played(tmp_path, Phase.PAPER, first=None, last=None)


def test_the_way_on_is_refused_with_its_reason_and_granted_on_records_that_satisfy_it(copy: Settings) -> None:
    with rolling(copy) as rollout:
        refused = rollout.ask(LOCAL, "anna", "six weeks on paper")
        missing = {one.code: one.next_step for one in refused.checklist if not one.satisfied}
        assert missing == {"drills-passed": "drill the stops with `trivet stop drill`"}
    drill(copy)
    with rolling(copy) as rollout:
        request = rollout.ask(LOCAL, "anna", "six weeks on paper")
        told = rollout.confirm(request.request_id, LOCAL, "ben")
        assert (told.phase, told.by, told.confirmed_by) == (Phase.SANDBOX, "anna", "ben")
        figures = {one.code: one.found for one in told.checklist}
        assert figures["sessions"] == "29 sessions in 7 calendar weeks, 2012-11-19 to 2012-12-31"
        assert figures["flat-closes"] == "all 29 sessions were flat at their close"
        assert {(one.pack, one.set) for one in rollout.view().packs} == {
            ("rollout-sandbox", "callers"),
            ("rollout-sandbox", "house"),
        }


def test_too_few_sessions_are_told_with_how_many_there_were(paper: Settings) -> None:
    sessions = [one.closes for one in endings(paper)]
    late = findings(paper, since=sessions[-20])["sessions"]
    assert (late.satisfied, late.found) == (
        False, "19 sessions in 5 calendar weeks, 2012-12-04 to 2012-12-31",
    )  # fmt: skip
    assert findings(paper, since=sessions[-21])["sessions"].satisfied
    assert not findings(paper, since=sessions[-1])["sessions"].satisfied


def test_a_close_with_something_held_is_evidence_against(copy: Settings) -> None:
    assert findings(copy)["flat-closes"].satisfied
    with opened(copy) as store, writing(store) as connection:
        close = portfolio_snapshots.c.as_of == connection.scalar(select(func.max(pnl_history.c.closed_at)))
        assert connection.execute(update(portfolio_snapshots).where(close).values(gross_exposure=5)).rowcount
    found = findings(copy)["flat-closes"]
    assert (found.satisfied, found.found.split(":")[0]) == (
        False,
        "1 of 29 sessions were not flat at the close",
    )


def test_a_close_that_nobody_wrote_down_is_no_flat_one(copy: Settings) -> None:
    with opened(copy) as store, writing(store) as connection:
        connection.execute(text("DELETE FROM portfolio_snapshots"))
    assert not findings(copy)["flat-closes"].satisfied


def test_what_is_held_frozen_or_never_drilled_is_evidence_against(copy: Settings) -> None:
    with opened(copy) as store, writing(store) as connection:
        at = datetime.fromisoformat("2012-12-31T21:00:00+00:00").strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        held = select(holdings.c.asset).where(holdings.c.asset != CASH).order_by(holdings.c.asset)
        symbol = connection.scalar(held.limit(1))
        assert connection.execute(
            update(holdings).where(holdings.c.asset == symbol).values(amount=Decimal(7))
        ).rowcount
        connection.execute(
            text(f"INSERT INTO frozen_symbols (symbol, why, since) VALUES ('IBM', 'odd', '{at}')")
        )
    found = findings(copy)
    assert {code for code, one in found.items() if not one.satisfied} == {
        "nothing-held", "reconciled", "drills-passed",
    }  # fmt: skip
    assert found["nothing-held"].found == f"7 {symbol}"


@pytest.mark.parametrize("change", [{"passed": False}, {"days_ago": 91}, {"days_ago": -91}])
def test_a_drill_that_failed_or_is_not_of_these_days_does_not_count(copy: Settings, change: dict) -> None:
    drill(copy)
    assert findings(copy)["drills-passed"].satisfied
    drill(copy, **change)
    assert not findings(copy)["drills-passed"].satisfied


@pytest.mark.parametrize("forged", [{"passed": True}, {"result": []}, {"digest": "0" * 64}], ids=str)
def test_a_drill_that_its_own_table_does_not_bear_out_does_not_count(copy: Settings, forged: dict) -> None:
    drill(copy, passed="passed" not in forged)
    with opened(copy) as store, writing(store) as connection:
        connection.execute(update(stop_drills).values(**forged))
    found = findings(copy)["drills-passed"]
    assert (found.satisfied, found.found.partition(", ")[2]) == (
        False, "which the table kept with it does not bear out",
    )  # fmt: skip


def test_a_limit_that_is_missing_is_evidence_against(paper: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(paper.rules, rules)
    file = rules / "limits" / "live.yaml"
    file.write_text(
        "".join(one for one in file.read_text().splitlines(keepends=True) if "daily_loss:" not in one)
    )
    found = findings(paper, rules=rules)["limits-explicit"]
    assert not found.satisfied
    assert "lacks daily_loss" in found.found


def test_in_the_sandbox_the_desk_asks_for_no_more_than_a_hundred_dollars(tmp_path: Path) -> None:
    settings = played(tmp_path, Phase.SANDBOX, last=date(2012, 11, 21))
    with opened(settings) as store, reading(store) as connection:
        told = outbox.c.type == EventType.SIGNAL_CREATED.value
        signals = [
            SignalCandidate.model_validate_json(row)
            for row in connection.scalars(select(outbox.c.data).where(told))
        ]
        rules = set(connection.scalars(select(policy_rule_hits.c.rule)))
    assert signals
    assert {Decimal(repr(one.size_pct)) * 1_000_000 for one in signals} == {Decimal(100)}
    assert "rollout-sandbox/person-decides" in rules
    assert "rollout-sandbox/trade-too-large" not in rules
