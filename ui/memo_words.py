"""How a reasoner's memo is said: its opinion in a word, why there is none, and its flags."""

from collections.abc import Mapping, Sequence

from ui.client import Json
from ui.words import code, plain

OPINIONS: Mapping[str, str] = {
    "ALLOW": ":blue[**✔\u00a0allow**]",
    "ALLOW_WITH_CAUTION": ":orange[**◆\u00a0caution**]",
    "BLOCK": ":red[**✖\u00a0block**]",
}
STANDINGS: Mapping[str, str] = {
    "FAILED": ":red[**▲\u00a0failed**]",
    "SKIPPED": ":gray[○\u00a0none]",
}
OF_THE_HOUSE = "unsupported-number"  # what the house says of a memo begins so; no memo can take it away
WHY: Mapping[str, str] = {
    "invalid-json": "it answered twice with what is no JSON",
    "wrong-schema": "it answered twice with what is no memo",
    "unsupplied-citation": "it cited what it had not been shown",
    "refused": "it refused to answer",
    "truncated": "its answer broke off",
    "empty": "its answer was empty",
    "provider-error": "its provider answered with an error",
    "unreachable": "it could not be reached",
    "time-out": "it took too long",
    "breaker-open": "it had failed too often and is not asked for a while",
    "too-long": "what it would have to read is too long",
    "not-recorded": "its memo could not be put on record",
    "reasoner-away": "the reasoning service was away",
    "reasoner-broke": "it broke; the log says how",
    "reasoner-off": "it is switched off",
    "features-not-warm": "too little history to judge by",
    "scripted-outage": "the scenario lets it fail here",
}


def opinion(memo: Json) -> str:
    """The memo in a word: what it recommends, that it failed, or that there is none."""
    found = OPINIONS.get(memo["recommendation"] or "") or STANDINGS.get(memo["status"])
    return found or plain(memo["status"])


def brief_memo(memo: Json | None) -> str:
    """The memo for a line of a list: ``memo ◆ caution``, ``memo ▲ failed (it took too long)``."""
    if memo is None:
        return ""
    because = "" if memo["status"] == "OK" else f" ({why(memo)})"
    return f"memo {opinion(memo)}{because}"


def why(memo: Json) -> str:
    """Why there is no opinion, in a few words; the code itself where it is a new one."""
    reason = memo.get("reason")
    return "no reason was given" if reason is None else WHY.get(reason) or plain(reason)


def flags(memo: Json) -> Sequence[str]:
    """Every risk flag, those that the house added marked as its own."""
    return [flag(one) for one in memo["risk_flags"]]


def flag(text: str) -> str:
    """One flag; what the house found out about the memo stands out."""
    if text.startswith(OF_THE_HOUSE):
        return f":red[**▲\u00a0{plain(text)}**] :gray[added by the house]"
    return code(text)
