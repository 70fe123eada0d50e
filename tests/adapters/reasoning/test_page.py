"""The page on memos shows what is so: the prompt as sent, and the thresholds of the built-in reasoner."""

from pathlib import Path

from adapters.reasoning import concerns
from adapters.reasoning.prompt import first_prompt
from policy.memo_contracts import MemoQuestion

DOCS = Path("docs")
PAGE = (DOCS / "reasoning.md").read_text("utf-8")


def test_the_prompt_on_the_page_is_what_would_be_sent() -> None:
    question = MemoQuestion.model_validate_json((DOCS / "example-memo-question.json").read_bytes())
    sent = "\n".join(f"--- {message.role}\n{message.text}" for message in first_prompt(question).messages)
    assert f"<!-- begin: prompt -->\n\n```text\n{sent}\n```\n" in PAGE


def test_the_page_names_every_threshold_as_it_is() -> None:
    told = {
        "more than 2 of their deviations": concerns.MONTH_DEVIATIONS == concerns.SHOCK_DEVIATIONS == 2,
        "by 2.5 deviations or more": concerns.CHASE_DEVIATIONS == 2.5,
        "more than 2.5 deviations beyond": concerns.STRETCHED_DEVIATIONS == 2.5,
        "above 70 for a BUY, below 30 for a SELL": (concerns.OVERBOUGHT, concerns.OVERSOLD) == (70, 30),
        "above 50 % a year": concerns.WILD_VOLATILITY == 0.5,
        "3/4 of an average day's range": concerns.ORDINARY_RANGE == 0.75,
        "less than 0.6 of its usual volume": concerns.THIN_VOLUME == 0.6,
    }
    assert all(told.values())
    assert [words for words in told if words not in PAGE] == []
