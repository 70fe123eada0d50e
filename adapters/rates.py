"""Request rates per client: counted in the process, or in Redis where several processes share them."""

import time
from collections import OrderedDict

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as SharedWindow
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr
from redis.asyncio import ConnectionPool

from adapters.settings import Settings
from policy.capacity import Capacity
from policy.load import Load
from policy.rates import Exceeded, Rates

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
    """A moving window for each of the latest ten thousand clients, exact, in this process alone.

    Implements ``policy.rates.Rates``; for one event loop.
    """

    def __init__(self, rate: RateLimitItem) -> None:
        self.rate = rate
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._clients: OrderedDict[str, None] = OrderedDict()

    async def take(self, client: str) -> Exceeded | None:
        """Count one request of ``client``; None where it is within the rate."""
        self._remember(client)
        if self._window.hit(self.rate, client):
            return None
        free_at = self._window.get_window_stats(self.rate, client).reset_time
        return _exceeded(self.rate, free_at)

    def _remember(self, client: str) -> None:
        """The library keeps a list for every client it ever saw; the one not seen for longest is dropped."""
        self._clients[client] = None
        self._clients.move_to_end(client)
        if len(self._clients) > _MOST_CLIENTS:
            self._window.clear(self.rate, self._clients.popitem(last=False)[0])


class SharedRates:
    """One moving window for each client in Redis, for all processes together.

    A process takes a hundredth of the rate at a time, so that not every request asks Redis; unused,
    it is lost to the client, never added. While Redis is away the process counts alone.
    """

    def __init__(self, alone: RatesInProcess, url: str) -> None:
        self._rate = alone.rate
        self._portion = max(1, alone.rate.amount // _PORTIONS)
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
        self._left: OrderedDict[str, int] = OrderedDict()

    async def take(self, client: str) -> Exceeded | None:
        """Count one request of ``client``; None where it is within the rate."""
        if left := self._left.get(client, 0):
            self._left[client] = left - 1
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
        if await self._window.hit(self._rate, client, cost=self._portion):
            self._left[client] = self._portion - 1
            self._left.move_to_end(client)
            if len(self._left) > _MOST_CLIENTS:
                self._left.popitem(last=False)
            return None
        stats = await self._window.get_window_stats(self._rate, client)
        return _exceeded(self._rate, stats.reset_time)


def _exceeded(rate: RateLimitItem, free_at: float) -> Exceeded:
    return Exceeded(rate.amount, rate.get_expiry(), max(0.0, free_at - time.time()))
