"""The conductor asks until a phase is done, and a seat does one phase at a time, once a player has begun."""

import threading
import time
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from adapters.events.jetstream.publisher import Publisher
from adapters.events.relay import Relay
from adapters.market.steps import Step
from adapters.settings import Settings
from adapters.storage.latest import TimeTeller
from adapters.wiring.apart import phases
from adapters.wiring.apart.conductor import Ensemble
from adapters.wiring.apart.ground import ground_for
from adapters.wiring.apart.seat import Seat, taken
from adapters.wiring.apart.sole import alone
from adapters.wiring.refusal import Refused
from policy.ports import Unanswered

START = datetime(2012, 6, 18, tzinfo=UTC)


@pytest.fixture
def ground(tmp_path, postgres_url, nats_url, redis_url):
    settings = Settings(
        home=tmp_path,
        database_url=SecretStr(postgres_url),
        nats_url=SecretStr(nats_url),
        redis_url=SecretStr(redis_url),
        clock="player",
    )
    with ground_for("market", settings) as ground:
        yield ground


@pytest.fixture
def ensemble(ground):
    """A conductor with two seconds of patience, who has begun a run."""
    teller = TimeTeller(ground.redis, START)
    ensemble = Ensemble(ground, Relay(ground.store, Publisher(ground.line)), teller, {}, patience=2)
    teller.tell_again()
    ensemble.settle(START)
    return ensemble


def asked_for(work, **further):
    """A seat that answers one phase, ``policy.expire``, by ``work``."""
    return Seat(phases={phases.EXPIRE: lambda _: work()}, **further)


def test_a_service_that_comes_late_is_waited_for(ground, ensemble):
    found = []
    asking = threading.Thread(target=lambda: found.append(ensemble.expire()))
    asking.start()
    time.sleep(0.3)
    with taken(asked_for(lambda: 3), ground):
        asking.join()
    assert found == [1 + 3]


def test_a_guard_that_was_asked_twice_is_not_held_to_have_changed_nothing(ground, ensemble):
    """The first answer may have been lost, and with it how much was cancelled and left."""
    found = []
    seat = Seat(phases={phases.GUARD: lambda _: 0})
    with taken(seat, ground):
        found.append(ensemble.guard(Step(START, "open", START.date(), ())))
    assert found == [1]


def test_a_phase_that_fails_is_asked_for_again(ground, ensemble):
    tries = []

    def at_the_third():
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("not yet")
        return 0

    with taken(asked_for(at_the_third), ground):
        ensemble.expire()
    assert len(tries) == 3


def test_a_silent_service_is_named_when_patience_is_over(ensemble):
    with pytest.raises(Unanswered, match=r"after 2 s policy\.expire was not done: nobody listens"):
        ensemble.expire()


def test_a_player_that_ends_waits_for_nobody(ensemble):
    ensemble.give_up()
    began = time.monotonic()
    with pytest.raises(Unanswered, match="the player ends"):
        ensemble.expire()
    assert time.monotonic() - began < 1


def test_one_phase_is_done_at_a_time_however_often_it_is_asked_for(ground, ensemble):
    under_way, most = [], []

    def slow():
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.2)
        under_way.pop()
        return 0

    with taken(asked_for(slow), ground):
        askers = [threading.Thread(target=ensemble.expire) for _ in range(4)]
        for one in askers:
            one.start()
        for one in askers:
            one.join()
    assert (max(most), len(most)) == (1, 4)


def test_nothing_begins_before_a_player_has_begun_on_this_store(ground):
    TimeTeller(ground.redis, START).tell_again()  # another store's time, as far as this one knows
    begun = threading.Event()
    with taken(asked_for(lambda: 0, begin=begun.set), ground):
        assert not begun.wait(0.5)
        assert "busy" in ground.line.request(phases.EXPIRE, {})


def test_a_beginning_that_fails_is_tried_again_before_the_first_phase(ground, ensemble):
    tries = []

    def begin():
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("the database is away")

    with taken(asked_for(lambda: len(tries), begin=begin), ground):
        assert ensemble.expire() == 1 + 2


def test_of_a_service_that_must_be_alone_there_is_one_until_it_ends(ground):
    with alone(ground.store, "execution"):
        with pytest.raises(Refused, match="another execution"), alone(ground.store, "execution"):
            pass
        with alone(ground.store, "portfolio"), alone(ground.store, "policy"), alone(ground.store, "policy"):
            pass
    with alone(ground.store, "execution"):
        pass


def test_between_steps_the_books_are_compared_whether_or_not_anything_may_differ(ground, ensemble):
    asked = []
    seat = Seat(phases={phases.RECONCILE: lambda question: asked.append(phases.ANYWAY in question) or 0})
    with taken(seat, ground):
        ensemble.reconcile()
        ensemble.compare()
    assert asked == [False, True]
