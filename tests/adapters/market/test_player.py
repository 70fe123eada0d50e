"""The player: one step at a time or at a pace, never two at once, and no failure goes unseen."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import pytest

from adapters.market.player import Player, PlayerClock, PlayerDone
from adapters.market.steps import Step

START = datetime(2012, 6, 20, 13, 30, tzinfo=UTC)
PATIENCE = 5.0


def _steps(count: int) -> list[Step]:
    return [
        Step(START + timedelta(minutes=n + 1), "morning", date(2012, 6, 20), quotes=()) for n in range(count)
    ]


def _player(count: int, on_step: Callable[[Step], None], speed: float = 1000.0) -> tuple[Player, PlayerClock]:
    clock = PlayerClock(START)
    return Player(iter(_steps(count)), on_step, clock, speed), clock


@pytest.fixture
def playing() -> Iterator[Callable[[Player], threading.Thread]]:
    """Runs players in threads and stops them at the end of the test."""
    started: list[tuple[Player, threading.Thread]] = []

    def play(player: Player) -> threading.Thread:
        thread = threading.Thread(target=player.play)
        started.append((player, thread))
        thread.start()
        return thread

    yield play
    for player, thread in started:
        player.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.002)


def test_a_new_player_stands_still_at_its_start() -> None:
    player, clock = _player(3, lambda step: None)
    assert player.status.state == "paused"
    assert player.status.time == clock.now() == START
    assert player.status.session is None


def test_a_step_returns_only_when_everything_it_caused_has_settled() -> None:
    settled: list[datetime] = []

    def slow(step: Step) -> None:
        threading.Event().wait(0.05)
        settled.append(step.at)

    player, clock = _player(2, slow)
    status = player.step()
    assert settled == [status.time] == [clock.now()] == [START + timedelta(minutes=1)]


def test_the_clock_stands_at_the_step_while_it_is_handled() -> None:
    seen: list[datetime] = []
    player, clock = _player(3, lambda step: seen.append(clock.now()))
    player.play_through()
    assert seen == [step.at for step in _steps(3)]


def test_the_clock_never_goes_back() -> None:
    clock = PlayerClock(START)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.jump(START - timedelta(microseconds=1))
    assert clock.now() == START


def test_after_the_last_step_the_player_is_done_and_says_so() -> None:
    player, _ = _player(1, lambda step: None)
    assert player.step().state == "done"
    with pytest.raises(PlayerDone, match="the last step has been played"):
        player.step()
    assert player.resume().state == "done"
    assert player.pause().state == "done"


def test_a_player_without_steps_is_done_at_once() -> None:
    player, _ = _player(0, lambda step: None)
    assert player.status.state == "done"


def test_a_resumed_player_plays_by_itself_to_the_end(playing: Callable[[Player], threading.Thread]) -> None:
    seen: list[Step] = []
    player, _ = _player(5, seen.append)
    playing(player)
    player.resume()
    _wait_until(lambda: player.status.state == "done")
    assert seen == _steps(5)


def test_a_paused_player_delivers_nothing_and_its_clock_stands(
    playing: Callable[[Player], threading.Thread],
) -> None:
    seen: list[Step] = []
    player, clock = _player(10_000, seen.append)
    playing(player)
    player.resume()
    _wait_until(lambda: len(seen) >= 3)
    player.pause()
    delivered, time = len(seen), clock.now()
    threading.Event().wait(0.05)
    assert (len(seen), clock.now()) == (delivered, time)
    assert player.status.state == "paused"


def test_a_paused_player_still_takes_single_steps(playing: Callable[[Player], threading.Thread]) -> None:
    seen: list[Step] = []
    player, _ = _player(3, seen.append)
    playing(player)
    assert player.step().state == "paused"
    assert seen == _steps(3)[:1]


def test_speed_is_the_pace_between_steps(playing: Callable[[Player], threading.Thread]) -> None:
    times: list[float] = []
    player, _ = _player(4, lambda step: times.append(monotonic()), speed=25)
    playing(player)
    player.resume()
    _wait_until(lambda: len(times) == 4)
    assert times[-1] - times[0] >= 3 / 25 * 0.9


def test_a_new_speed_counts_at_once(playing: Callable[[Player], threading.Thread]) -> None:
    seen: list[Step] = []
    player, _ = _player(3, seen.append, speed=0.001)
    playing(player)
    player.resume()
    _wait_until(lambda: len(seen) == 1)
    player.set_speed(500)
    _wait_until(lambda: len(seen) == 3)


@pytest.mark.parametrize("speed", [0.0, -1.0, 1000.1, float("nan"), float("inf")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    player, _ = _player(1, lambda step: None)
    with pytest.raises(ValueError, match="above 0 and at most 1000"):
        player.set_speed(speed)


def test_a_failing_step_pauses_the_player_is_shown_and_is_delivered_again(
    playing: Callable[[Player], threading.Thread],
) -> None:
    seen: list[Step] = []

    def fails_once(step: Step) -> None:
        seen.append(step)
        if len(seen) == 2:
            raise RuntimeError("the database is gone")

    player, _ = _player(3, fails_once)
    playing(player)
    player.resume()
    _wait_until(lambda: player.status.error is not None)
    assert player.status.state == "paused"
    assert player.status.error == "RuntimeError: the database is gone"
    assert player.resume().error is None
    _wait_until(lambda: player.status.state == "done")
    first, second, third = _steps(3)
    assert seen == [first, second, second, third]


def test_a_failing_single_step_raises_to_who_asked() -> None:
    def fails(step: Step) -> None:
        raise RuntimeError("the database is gone")

    player, _ = _player(2, fails)
    with pytest.raises(RuntimeError, match="the database is gone"):
        player.step()
    assert player.status.error == "RuntimeError: the database is gone"
    with pytest.raises(RuntimeError, match="the database is gone"):
        player.play_through()


def test_steps_asked_for_at_once_are_delivered_one_after_another() -> None:
    under_way, most = 0, 0

    def counted(step: Step) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        threading.Event().wait(0.002)
        under_way -= 1

    player, clock = _player(20, counted)
    threads = [threading.Thread(target=player.step) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == 1
    assert clock.now() == _steps(20)[-1].at
    assert player.status.state == "done"


def test_a_stopped_player_s_thread_ends_although_the_next_step_is_far_away() -> None:
    seen: list[Step] = []
    player, _ = _player(2, seen.append, speed=0.001)
    thread = threading.Thread(target=player.play)
    thread.start()
    player.resume()
    _wait_until(lambda: len(seen) == 1)
    player.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(seen) == 1
