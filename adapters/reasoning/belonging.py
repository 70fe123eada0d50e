"""What of a question belongs to its signal: a caller can send features or news of anything, from any time."""

from collections.abc import Mapping

from policy.memo_contracts import MemoQuestion, NewsSummary


def features_of(question: MemoQuestion) -> Mapping[str, float] | None:
    """Features of the signal's own symbol from no later than the signal; None where there are no such."""
    features, signal = question.features, question.signal
    if features is None or features.symbol != signal.symbol or features.at > signal.created_at:
        return None
    return features.values


def news_of(question: MemoQuestion) -> NewsSummary | None:
    """News on the signal's own symbol, what had been published by then of it; None where there are none."""
    news, signal = question.news, question.signal
    if news is None or news.symbol != signal.symbol:
        return None
    known = tuple(item for item in news.items if item.at <= signal.created_at)
    return news.model_copy(update={"items": known, "as_of": min(news.as_of, signal.created_at)})
