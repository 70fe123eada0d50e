"""The news that a live house heard, kept in its store, so that what was known at a moment stays known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, select

from adapters.news.arrival import Arrival, Gathered, Unread
from adapters.news.tables import news_items, news_mentions, news_unread
from policy.bulk import insert, insert_new_rows, rows_for
from policy.memo_contracts import NewsItem
from policy.ports import derived_id
from policy.store import reading, writing

_MOST_UNREAD = 500
_MOST_READ = 2_000
"""So many of the newest items on a symbol are read at once: a flood must not fill memory."""


@dataclass(frozen=True, slots=True)
class KeptShelf:
    """Implements ``desk.Shelf`` on the store; an item that comes again stays as it first came."""

    store: Engine

    def keep(self, gathered: Gathered, received: datetime) -> int:
        """Put down what is new of ``gathered`` as heard at ``received``; returns how many items were."""
        items = {one.item.item_id: one for one in reversed(gathered.arrivals)}
        unread = [_unread_row(one, received) for one in gathered.unread]
        with writing(self.store) as connection:
            rows = [_item_row(one, received) for one in items.values()]
            added = [found for found, _ in insert_new_rows(connection, news_items, rows, "item_id")]
            mentions = [row for item_id in added for row in _mention_rows(items[item_id].item)]
            insert(
                connection,
                rows_for(news_mentions, mentions, keep_old=True),
                rows_for(news_unread, unread, keep_old=True),
            )
        return len(added)

    def about(self, symbol: str, after: datetime, at: datetime) -> Sequence[Arrival]:
        """As ``desk.Shelf``: the newest of them, far more than a desk compares."""
        mentions, items = news_mentions.c, news_items.c
        question = (
            select(news_items)
            .join(news_mentions, mentions.item_id == items.item_id)
            .where(mentions.symbol == symbol, mentions.at > after, mentions.at <= at, items.received_at <= at)
            .order_by(mentions.at.desc(), mentions.item_id)
            .limit(_MOST_READ)
        )
        with reading(self.store) as connection:
            return [_arrival(row) for row in connection.execute(question)]

    def unread(self, at: datetime) -> Sequence[Unread]:
        """As ``desk.Shelf``: the latest of them, oldest first."""
        question = (
            select(news_unread)
            .where(news_unread.c.received_at <= at)
            .order_by(news_unread.c.received_at.desc(), news_unread.c.unread_id)
            .limit(_MOST_UNREAD)
        )
        with reading(self.store) as connection:
            rows = connection.execute(question).all()
        return [Unread(row.place, row.code, row.text, row.came) for row in reversed(rows)]


def _item_row(arrival: Arrival, received: datetime) -> dict[str, Any]:
    item = arrival.item
    return {
        "item_id": item.item_id,
        "at": item.at,
        "received_at": max(received, arrival.received),
        "source": item.source,
        "headline": item.headline,
        "body": item.body,
        "symbols": list(item.symbols),
        "in_headline": list(arrival.in_headline),
    }


def _mention_rows(item: NewsItem) -> Iterator[dict[str, Any]]:
    for symbol in item.symbols:
        yield {"symbol": symbol, "at": item.at, "item_id": item.item_id}


def _unread_row(unread: Unread, received: datetime) -> dict[str, Any]:
    """A row whose id follows from what came: the same fault at the next reading is not another one."""
    place, _, _ = unread.place.partition("#")
    return {
        "unread_id": derived_id("unread-news", place, unread.code, unread.text, unread.came),
        "received_at": received,
        "place": unread.place,
        "code": unread.code,
        "text": unread.text,
        "came": unread.came,
    }


def _arrival(row: Row[Any]) -> Arrival:
    item = NewsItem(
        item_id=row.item_id,
        at=row.at,
        source=row.source,
        headline=row.headline,
        body=row.body,
        symbols=tuple(row.symbols),
    )
    return Arrival(item, row.received_at, tuple(row.in_headline))
