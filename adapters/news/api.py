"""The news desk over HTTP: what had been published on a symbol, and what could not be read."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from adapters.news.desk import NewsDesk, Reading
from adapters.news.mentions import SymbolOf
from adapters.news.stories import Story
from policy.contracts import Contract, Utc, UtcAsked
from policy.http.openapi import problem_answers
from policy.memo_contracts import NewsItem
from policy.ports import Clock
from policy.problems import Problem

At = Annotated[UtcAsked | None, Query(description="as of when, 2012-06-04T14:30:00Z; now without it")]


class ToldAgain(Contract):
    """An item that told what another had told before."""

    item_id: str
    at: Utc
    source: str
    headline: str


class StoryView(NewsItem):
    """A story: the item that told it first, and those that told it again. All of it is untrusted text."""

    told_again: tuple[ToldAgain, ...] = ()


class NewsView(Contract):
    """The stories on a symbol as of a moment, the most telling first."""

    symbol: str
    as_of: Utc
    items: tuple[StoryView, ...]
    repeats: int
    beyond: int


class UnreadView(Contract):
    """What came and was no item: where it stood, why, and what came, cut to a length."""

    place: str
    code: str
    text: str
    came: str


class SourceView(Contract):
    """A source that is polled, and how that went."""

    place: str
    read_at: Utc | None
    problem: str | None
    items: int


class DeskView(Contract):
    """Where news comes from, and everything that came and could not be read."""

    sources: tuple[SourceView, ...]
    unread: tuple[UnreadView, ...]


def router(desk: NewsDesk, clock: Clock, symbol_of: SymbolOf) -> APIRouter:
    """``GET /v1/news`` and ``GET /v1/news/{symbol}``; nothing later than the time of ``clock`` is told."""
    routes = APIRouter(prefix="/v1/news", tags=["news"], responses=problem_answers(403, 404, 422))

    @routes.get("", response_model=DeskView, summary="Where news comes from, and what could not be read")
    def state() -> DeskView:
        unread = tuple(
            UnreadView(place=one.place, code=one.code, text=one.text, came=one.came)
            for one in desk.unread(clock.now())
        )
        polled = tuple(
            SourceView(place=one.place, read_at=one.read_at, problem=one.problem, items=one.items)
            for one in desk.sources()
        )
        return DeskView(sources=polled, unread=unread)

    @routes.get("/{symbol}", response_model=NewsView, summary="What had been published on a symbol")
    def news(symbol: str, at: At = None) -> NewsView:
        return _view(desk.reading(_known(symbol, symbol_of), _no_later(at, clock.now())))

    return routes


def _known(symbol: str, symbol_of: SymbolOf) -> str:
    try:
        return symbol_of(symbol)
    except ValueError as error:
        raise Problem(404, "unknown-symbol", str(error)) from error


def _no_later(at: datetime | None, now: datetime) -> datetime:
    if at is not None and at > now:
        raise Problem(422, "not-yet", "that moment has not come yet; ask for one up to now")
    return at or now


def _view(reading: Reading) -> NewsView:
    items = tuple(_story(story) for story in reading.stories)
    return NewsView(
        symbol=reading.symbol,
        as_of=reading.as_of,
        items=items,
        repeats=reading.repeats,
        beyond=reading.beyond,
    )


def _story(story: Story) -> StoryView:
    again = tuple(
        ToldAgain(
            item_id=one.item.item_id, at=one.item.at, source=one.item.source, headline=one.item.headline
        )
        for one in story.repeats
    )
    return StoryView(**dict(story.first.item), told_again=again)
