"""A dead provider is not asked again at once: faults in a row, a pause, one trial."""

import threading
import time
from datetime import datetime, timedelta, tzinfo

import pybreaker
import pytest

import adapters.clock
from adapters.reasoning.breaker import Breaker, BreakerState, Resting
from adapters.reasoning.line import LineFault

PAUSE = 0.4


def fail(breaker: Breaker, code: str = "unreachable", *, is_ours: bool = False) -> str:
    """The code that an asking that fails so ends with."""
    with pytest.raises(LineFault) as caught, breaker.guarding():
        raise LineFault(code, "no", is_ours=is_ours)  # type: ignore[arg-type]
    return caught.value.code


def go(breaker: Breaker) -> None:
    with breaker.guarding():
        pass


def opened(faults: int = 3) -> Breaker:
    breaker = Breaker(Resting(faults, PAUSE))
    for _ in range(faults):
        fail(breaker)
    return breaker


def refused(breaker: Breaker) -> bool:
    try:
        go(breaker)
    except LineFault as fault:
        return fault.code == "breaker-open"
    return False


def test_faults_in_a_row_open_it_and_each_is_told_as_what_it_was() -> None:
    breaker = Breaker(Resting(3, PAUSE))
    assert [fail(breaker, code) for code in ("unreachable", "time-out", "provider-error")] == [
        "unreachable",
        "time-out",
        "provider-error",
    ]
    assert breaker.state is BreakerState.OPEN
    assert refused(breaker)


def test_an_answer_between_faults_begins_the_row_anew() -> None:
    breaker = Breaker(Resting(2, PAUSE))
    for _ in range(3):
        fail(breaker)
        go(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_a_request_that_the_provider_did_not_want_says_nothing_of_the_next() -> None:
    breaker = Breaker(Resting(2, PAUSE))
    for _ in range(5):
        fail(breaker, "provider-error", is_ours=True)
    assert breaker.state is BreakerState.CLOSED


def test_after_the_pause_one_asking_tries_while_the_others_are_refused() -> None:
    breaker = opened()
    assert refused(breaker)
    time.sleep(PAUSE * 1.2)
    with breaker.guarding():
        assert breaker.state is BreakerState.TRYING
        assert all(_in_threads(breaker, 4))
    assert breaker.state is BreakerState.CLOSED
    assert not refused(breaker)


def test_a_clock_on_the_wall_that_is_set_back_prolongs_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = opened()

    class SetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=1)

    for module in (pybreaker, adapters.clock):
        monkeypatch.setattr(module, "datetime", SetBack)
    assert refused(breaker)
    time.sleep(PAUSE * 1.2)
    go(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_a_trial_that_fails_opens_it_for_another_pause() -> None:
    breaker = opened()
    time.sleep(PAUSE * 1.2)
    assert fail(breaker, "time-out") == "time-out"
    assert breaker.state is BreakerState.OPEN
    assert refused(breaker)
    time.sleep(PAUSE * 1.2)
    go(breaker)
    assert breaker.state is BreakerState.CLOSED


def test_a_fault_that_nobody_foresaw_counts_and_frees_the_trial() -> None:
    breaker = opened()
    time.sleep(PAUSE * 1.2)
    with pytest.raises(ZeroDivisionError), breaker.guarding():
        raise ZeroDivisionError
    assert breaker.state is BreakerState.OPEN


def test_askings_go_on_side_by_side_while_it_is_closed() -> None:
    breaker = Breaker()
    together = threading.Barrier(4, timeout=3)

    def ask() -> None:
        with breaker.guarding():
            together.wait()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


def _in_threads(breaker: Breaker, number: int) -> list[bool]:
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(refused(breaker))) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
