"""What every service apart stands on: the database, Redis, NATS, and the player's time."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.events.jetstream.connection import NatsLine
from adapters.events.jetstream.streams import ensure_streams
from adapters.market.calendar import TradingCalendar
from adapters.market.overrides_file import read_calendar
from adapters.settings import Settings
from adapters.storage.checkpoints import PLAYER, load
from adapters.storage.latest import RedisQuotes, RedisText, SharedTime, answers, connect_redis
from adapters.wiring.store import store_of
from policy.problems import Problem, unavailable
from policy.store import reading


@dataclass(frozen=True)
class Ground:
    """One process's way to the servers that it shares with the others."""

    settings: Settings
    store: Engine
    redis: RedisText
    line: NatsLine
    calendar: TradingCalendar

    @property
    def time(self) -> SharedTime:
        """The player's time."""
        return SharedTime(self.redis)

    @property
    def quotes(self) -> RedisQuotes:
        """The latest quotes."""
        return RedisQuotes(self.redis)

    def has_a_player(self) -> bool:
        """Whether a player has ever begun on this store, and its time is known.

        The time alone would not do: Redis may still hold another store's.
        """
        return load(self.store, PLAYER) is not None and self.time.known() is not None

    def problem(self) -> Problem | None:
        """Which server does not answer now; None when all of them do."""
        if not answers(self.redis):
            return unavailable("redis-unavailable", "Redis does not answer; see TRIVET_REDIS_URL")
        if not self.line.connected:
            return unavailable("nats-unavailable", "NATS does not answer; see TRIVET_NATS_URL")
        try:
            with reading(self.store) as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return unavailable(
                "database-unavailable", "the database does not answer; see TRIVET_DATABASE_URL"
            )
        return None


@contextmanager
def ground_for(service: str, settings: Settings) -> Iterator[Ground]:
    """Connect ``service``; the streams and tables it needs are there afterwards.

    Raises ``OverridesUnfit`` for a calendar that cannot be followed, ``NatsAway`` and SQLAlchemy's errors
    when those servers cannot be reached.
    """
    with (
        store_of(settings) as store,
        closing(connect_redis(_secret(settings.redis_url))) as redis,
        NatsLine(_secret(settings.nats_url), f"{service} {settings.worker}".strip()) as line,
    ):
        ensure_streams(line)
        yield Ground(settings, store, redis, line, read_calendar(settings.calendar_overrides))


def _secret(url: SecretStr | None) -> str:
    assert url is not None, "settings of services apart were checked before"
    return url.get_secret_value()
