"""What of a question is shown to a model, as lines of compact JSON: fractions and names, nobody's account.

Ids of signals and people stay out, and so does all money of the book, which is there in fractions alone.
"""

import re
from collections.abc import Mapping
from typing import Any

from adapters.reasoning.belonging import features_of
from adapters.reasoning.budget import FEATURE_BYTES, LONGEST_BODY, Offer, size
from adapters.reasoning.redaction import redacted
from adapters.reasoning.untrusted import name_of, plain
from policy.canonical import compact
from policy.contracts import SignalCandidate, utc_text
from policy.memo_contracts import MemoQuestion, NewsItem

_SIGNIFICANT = 6
_FEATURE = re.compile("[a-z][a-z0-9_]{0,39}")
_LONGEST_SOURCE = 60
_WHOLE = 100_000  # longer than any item can be made: an item is never shown in part


def facts_of(question: MemoQuestion) -> str:
    """Signal, contexts and features, a line each; what could not be measured is said to be unknown."""
    market, book, features = question.market_context, question.portfolio_context, features_of(question)
    told = {
        "signal": _signal(question.signal),
        "market": market and market.model_dump(exclude_none=True),
        "book": book and book.model_dump(exclude_none=True),
        "features": features and _features(features),
    }
    return "\n".join(f"{name} {_line(facts) if facts else 'unknown'}" for name, facts in told.items())


def offer_of(item: NewsItem) -> Offer:
    """An item of news as a line of JSON, with its body and without."""
    head = {
        "id": item.item_id,
        "at": utc_text(item.at),
        "source": name_or_words(item.source),
        "headline": clean(item.headline),
    }
    if len(item.body) > LONGEST_BODY:
        short = compact(head | {"body": None})
        return Offer(short=short, whole=short)
    body = clean(item.body)
    whole = compact(head | {"body": body} if body else head)
    return Offer(short=compact(head | {"body": None}) if body else whole, whole=whole)


def clean(text: str, most: int = _WHOLE) -> str:
    """Text from outside as it may be sent and kept."""
    return redacted(plain(text, most))


def name_or_words(text: str) -> str:
    """Who published something, short."""
    return clean(text, _LONGEST_SOURCE)


def _signal(signal: SignalCandidate) -> Mapping[str, Any]:
    told = {
        "symbol": name_of(signal.symbol),
        "action": signal.candidate_action,
        "made_at": utc_text(signal.created_at),
        "confidence": signal.confidence,
        "size_pct": signal.size_pct,
        "stop_distance_pct": signal.stop_distance_pct,
        "strategy": name_of(clean(signal.strategy)),
    }
    return {name: value for name, value in told.items() if value is not None}


def _features(values: Mapping[str, float]) -> Mapping[str, Any]:
    """Features by name as long as there is room; a caller may send any number of them, with any names."""
    told: dict[str, Any] = {}
    room = FEATURE_BYTES
    for name in sorted(filter(_FEATURE.fullmatch, values)):
        room -= size(f'"{name}":{_rounded(values[name])},')
        if room >= 0:
            told[name] = values[name]
    return told | ({"left_out": len(values) - len(told)} if len(told) < len(values) else {})


def _line(facts: Mapping[str, Any]) -> str:
    return compact({name: _rounded(value) for name, value in facts.items()})


def _rounded(value: Any) -> Any:
    """Doubles to six digits, which are more than anybody reads."""
    return float(f"{value:.{_SIGNIFICANT}g}") if isinstance(value, float) else value
