"""The APIs of what others announce: news on symbols, and events in which trading pauses."""

from fastapi import APIRouter

from adapters.market import blackouts_api
from adapters.market.calendar import TradingCalendar
from adapters.market.symbols import house_symbol
from adapters.news import api as news_api
from adapters.news.desk import NewsDesk
from adapters.settings import Settings
from adapters.wiring.blackouts import read_blackouts
from policy.ports import Clock


def announced_apis(
    settings: Settings, desk: NewsDesk, calendar: TradingCalendar, clock: Clock
) -> tuple[APIRouter, ...]:
    """News of ``desk`` and the blackouts, both as of ``clock``."""
    news = news_api.router(desk, clock, house_symbol)
    return news, blackouts_api.router(read_blackouts(settings, calendar), calendar, clock)
