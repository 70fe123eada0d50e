"""The APIs of what others announce: news on symbols, and events in which trading pauses."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter

from adapters.market import blackouts_api
from adapters.market.calendar import TradingCalendar
from adapters.market.symbols import house_symbol
from adapters.news import api as news_api
from adapters.news.desk import NewsDesk
from adapters.news.polling import SourceState
from adapters.settings import Settings
from adapters.wiring.blackouts import read_blackouts
from policy.ports import Clock


def announced_apis(
    settings: Settings,
    desk: NewsDesk,
    calendar: TradingCalendar,
    clock: Clock,
    sources: Callable[[], Sequence[SourceState]] = tuple,
) -> tuple[APIRouter, ...]:
    """News of ``desk`` with how its ``sources`` are read, and the blackouts, both as of ``clock``."""
    news = news_api.router(desk, clock, house_symbol, sources)
    return news, blackouts_api.router(read_blackouts(settings, calendar), calendar, clock)
