"""What the benchmark of quotes measures is the real way: every quote is inspected, the newest is in Redis."""

from contextlib import closing

from adapters.storage.latest import RedisQuotes, connect_redis
from tests.benchmarks.quotes import bench


def test_every_quote_of_the_feed_comes_to_redis(redis_url, tmp_path):
    found = bench(2_000, 1, 10, redis_url, tmp_path)
    assert found["quotes"] == 2_000
    with closing(connect_redis(redis_url)) as redis:
        assert all(RedisQuotes(redis).latest(f"S{number:03d}") for number in range(10))
