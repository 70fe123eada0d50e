"""Request rates per client: counted in the process, or in Redis where several processes share them."""

import time
from collections import OrderedDict
from collections.abc import Callable

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as SharedWindow
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr
from redis.asyncio import ConnectionPool

from adapters.clock import SystemClock
from adapters.settings import Settings
from policy.http.capacity import Capacity
from policy.http.load import Load
from policy.http.rates import Exceeded, Rates

log = structlog.get_logger(__name__)

OFF = "off"
_MOST_CLIENTS = 10_000
_PORTIONS = 100
_REDIS_SECONDS = 0.1
_AWAY_SECONDS = 5.0


def load_of(settings: Settings) -> Load:
    """How much an application takes on under ``settings``."""
    capacity = Capacity(settings.requests_at_once, settings.body_bytes_at_once)
    return Load(capacity, rates_of(settings.rate_limit, settings.redis_url))


def rates_of(text: str, redis_url: SecretStr | None) -> Rates | None:
    """What counts requests at the rate of ``text``, such as ``100/second``; None where it is ``off``.

    Raises ValueError for a text that names no rate.
    """
    if text == OFF:
        return None
    alone = RatesInProcess(parse(text))
    return alone if redis_url is None else SharedRates(alone, redis_url.get_secret_value())


class RatesInProcess:
    """A moving window for each of the latest ten thousand clients, in this process alone.

    Implements ``policy.http.rates.Rates``; for one event loop.
    """

    def __init__(self, rate: RateLimitItem) -> None:
        self.rate = rate
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._left = Portions(rate, forget=lambda client: self._window.clear(rate, client))

    async def take(self, client: str) -> Exceeded | None:
        """Count one request of ``client``; None where it is within the rate."""
        if self._left.take(client):
            return None
        if self._window.hit(self.rate, client, cost=self._left.portion):
            self._left.add(client)
            return None
        return _exceeded(self.rate, self._window.get_window_stats(self.rate, client).reset_time)


class SharedRates:
    """One moving window for each client in Redis, for all processes together.

    While Redis is away the process counts alone.
    """

    def __init__(self, alone: RatesInProcess, url: str) -> None:
        self._rate = alone.rate
        self._redis = ConnectionPool.from_url(
            url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
        )
        storage = RedisStorage(
            f"async+{url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="trivet:rates",
            connection_pool=self._redis,  # type: ignore[arg-type] # documented, but not in its types
        )
        self._window = SharedWindow(storage)
        self._alone = alone
        self._away_until = 0.0
        self._left = Portions(alone.rate)

    async def take(self, client: str) -> Exceeded | None:
        """Count one request of ``client``; None where it is within the rate."""
        if self._left.take(client):
            return None
        if time.monotonic() < self._away_until:
            return await self._alone.take(client)
        try:
            return await self._take_portion(client)
        except StorageError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("rates are counted without Redis for now", error=repr(error.storage_error))
            return await self._alone.take(client)

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    async def _take_portion(self, client: str) -> Exceeded | None:
        if await self._window.hit(self._rate, client, cost=self._left.portion):
            self._left.add(client)
            return None
        stats = await self._window.get_window_stats(self._rate, client)
        return _exceeded(self._rate, stats.reset_time)


class Portions:
    """What clients may still ask of what was counted for them already.

    A window is asked for a hundredth of the rate at a time, since asking it costs more than most of a
    request. What is left unused may be used later, so a client gets one portion over its rate at most.
    ``forget`` hears of every client that is dropped, the one not counted for longest.
    """

    def __init__(self, rate: RateLimitItem, forget: Callable[[str], None] = lambda _: None) -> None:
        self.portion = max(1, rate.amount // _PORTIONS)
        self._forget = forget
        self._left: OrderedDict[str, int] = OrderedDict()

    def take(self, client: str) -> bool:
        """Use one; False where none is left."""
        left = self._left.get(client, 0)
        if left:
            self._left[client] = left - 1
        return left > 0

    def add(self, client: str) -> None:
        """A portion was counted, of which one is used at once."""
        self._left[client] = self.portion - 1
        self._left.move_to_end(client)
        if len(self._left) > _MOST_CLIENTS:
            self._forget(self._left.popitem(last=False)[0])


def _exceeded(rate: RateLimitItem, free_at: float) -> Exceeded:
    """``free_at`` counts in seconds since 1970, as the library that counts requests does."""
    return Exceeded(rate.amount, rate.get_expiry(), max(0.0, free_at - SystemClock().now().timestamp()))
