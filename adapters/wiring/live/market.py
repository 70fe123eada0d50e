"""The live market put together from settings: which symbols, from where, and where its bars are kept."""

from adapters.listener import Rhythm
from adapters.market.alpaca.address import rest_place, stream_place
from adapters.market.alpaca.source import AlpacaSource, Terms
from adapters.market.symbols import NoSymbol, house_symbol
from adapters.one_try import Patience
from adapters.settings import Settings
from adapters.storage.bars import BarStore
from adapters.wiring.refusal import Refused
from policy.ports import Clock


def live_symbols(settings: Settings) -> tuple[str, ...]:
    """The symbols to look at, in the house's form, in alphabetical order; raises ``Refused`` for none."""
    try:
        found = {house_symbol(text) for text in settings.symbols.split(",") if text.strip()}
    except NoSymbol as none:
        raise Refused(f"TRIVET_SYMBOLS: {none}") from none
    if not found:
        raise Refused("TRIVET_SYMBOLS names no symbol; write one or more, such as AAPL,BRK.B")
    return tuple(sorted(found))


def market_terms(settings: Settings) -> Terms:
    """How Alpaca's market is reached; raises ``Refused`` without keys, ``UnsafeSettings`` for an address."""
    keys = {"TRIVET_ALPACA_KEY_ID": settings.alpaca_key_id, "TRIVET_ALPACA_SECRET": settings.alpaca_secret}
    told = {name: key.get_secret_value() for name, key in keys.items() if key is not None}
    if missing := ", ".join(name for name in keys if not told.get(name)):
        raise Refused(f"the live market needs {missing}; make paper keys in Alpaca's dashboard and set it")
    seconds = settings.market_seconds
    return Terms(
        rest_place(settings.alpaca_data_url),
        stream_place(settings.alpaca_stream_url),
        settings.alpaca_feed,
        told["TRIVET_ALPACA_KEY_ID"],
        told["TRIVET_ALPACA_SECRET"],
        Patience(connect=seconds, read=seconds, whole=6 * seconds),
        Rhythm(open=seconds),
    )


def live_source(settings: Settings, clock: Clock) -> AlpacaSource:
    """The market of the settings, which is not listened to yet; raises as ``market_terms`` does."""
    if settings.market != "alpaca":
        raise Refused("TRIVET_MARKET=played is no live market; set TRIVET_MARKET=alpaca")
    return AlpacaSource(market_terms(settings), live_symbols(settings), clock)


def live_bars(settings: Settings) -> BarStore:
    """Where bars of that market are kept: a feed of one exchange has other volumes than that of all."""
    return BarStore(settings.home / f"bars-alpaca-{settings.alpaca_feed}")
