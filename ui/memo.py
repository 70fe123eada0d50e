"""A memo beside its decision: the reasoner's opinion for and against, what it cites, and what it was sent."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ui.client import Api, ApiDown, Json, Problem
from ui.memo_words import flags, opinion, why
from ui.words import NOTHING, brief, code, duration_of, moment, money, plain, visible

HOUSE, CALLERS = "house", "callers"
SHOWN = 5  # headlines beside a memo
CONSEQUENCES: Mapping[str, str] = {
    "FAILED": "A failed memo sends the signal to a person; a memo can make a verdict stricter, never milder.",
    "SKIPPED": "The rules judge the signal as without a memo.",
}


def show_memo(api: Api, decision: Json, place: str = "") -> None:
    """The memo of ``decision``, as ``GET /v1/policy/decisions/{id}`` gives it, with what it rests on.

    ``place`` keeps its switch apart where one decision is open twice on a page.
    """
    memo = decision.get("memo")
    with st.container(border=True):
        if memo is None:
            show_what_was_read(decision.get("reasoning"))
            return
        st.markdown(f"**Memo** {opinion(memo)} :gray[by {plain(memo['reasoner'] or 'a caller')}]")
        show_opinion(memo)
        show_news(api, decision, memo)
        show_sent(api, decision, place)


def show_what_was_read(reasoning: Json | None) -> None:
    """Without a memo on record: what the rules were told of one all the same."""
    st.markdown("**Memo** :gray[none is on record for this decision]")
    if reasoning is None:
        return
    because = f" ({why(reasoning)}) {code(reasoning['reason'])}" if reasoning["reason"] else ""
    st.markdown(f"The rules read {opinion(reasoning)}{because}")


def show_opinion(memo: Json) -> None:
    """For and against side by side, and the flags; why there is no opinion where there is none."""
    if memo["status"] != "OK":
        told = f": {plain(memo['reason_text'])}" if memo["reason_text"] else ""
        st.markdown(f"No opinion, since {why(memo)}{told} {code(memo['reason'] or 'no-reason')}")
        st.caption(CONSEQUENCES[memo["status"]])
        return
    speaks_for, speaks_against = st.columns(2, gap="large")
    speaks_for.markdown(f"**For**  \n{plain(memo['thesis']) or NOTHING}")
    speaks_against.markdown(f"**Against**  \n{plain(memo['counter_thesis']) or NOTHING}")
    if memo["risk_flags"]:
        st.markdown(f"**Risk flags** {' · '.join(flags(memo))}")


def show_news(api: Api, decision: Json, memo: Json) -> None:
    """What had been published on the symbol by then, the items that the memo cites marked."""
    found = published(api, decision)
    cited = list(memo["citations"])
    lines = [news_line(one, one["item_id"] in cited) for one in shown(found, cited)]
    missing = set(cited) - {one["item_id"] for one in found}
    lines += [
        f"- **cited** {code(item_id)} :gray[not among the news that are known now]"
        for item_id in sorted(missing)
    ]
    if lines:
        st.markdown("**Published by then** :gray[untrusted text, word for word]\n" + "\n".join(lines))


def shown(found: Sequence[Json], cited: Sequence[str]) -> list[Json]:
    """The first few items, and every one that is cited."""
    return [one for number, one in enumerate(found) if number < SHOWN or one["item_id"] in cited]


def news_line(item: Json, is_cited: bool) -> str:
    """One item of news as a list item."""
    mark = "**cited** " if is_cited else ""
    repeats = len(item.get("told_again") or ())
    again = f" :gray[told again by {repeats}]" if repeats else ""
    return f"- {mark}{plain(item['headline'])} :gray[{plain(item['source'])}, {brief(item['at'])}]{again}"


def published(api: Api, decision: Json) -> Sequence[Json]:
    """The news on the decision's symbol as of then; none where nobody can tell."""
    try:
        found = api.get(f"/v1/news/{decision['symbol']}", at=decision["evaluated_at"])
    except (ApiDown, Problem):
        return ()  # news beside a memo is a help; that they cannot be had is told on their own page
    items: Sequence[Json] = found["items"]
    return items


def show_sent(api: Api, decision: Json, place: str) -> None:
    """A switch for the prompt exactly as it was sent, and what came back, for whoever may read that."""
    if not st.toggle("As sent", key=f"sent-{place}{decision['decision_id']}", help="prompt and raw answers"):
        return
    try:
        found = api.get(
            f"/v1/reasoning/memos/{decision['signal_id']}", source=source_of(decision), prompts="true"
        )
    except Problem as problem:
        st.warning(f"**{plain(problem.title)}** {plain(problem.detail)}")
        return
    show_record(found)
    for number, attempt in enumerate(found["attempts"] or (), start=1):
        show_attempt(number, attempt)
    if not found["attempts"]:
        st.caption("Nothing was sent anywhere for this memo.")


def source_of(decision: Json) -> str:
    """Whose memo it is: the house's, or that of callers."""
    return HOUSE if decision.get("source") == HOUSE else CALLERS


def show_record(found: Json) -> None:
    """What the memo took, and what its record hashes to."""
    memo: Mapping[str, object] = found["memo"]
    parts = [f"asked {moment(found['asked_at'])}", f"took {duration_of(found['seconds'])}"]
    parts += [f"{found['input_tokens'] or 0} tokens in, {found['output_tokens'] or 0} out"]
    parts += [f"cost {plain(money(found['cost']))}"] if found["cost"] is not None else []
    parts += [f"record {code(memo['memo_id'])}", f"digest {code(memo['digest'])}"]
    st.caption(" · ".join(parts))


def show_attempt(number: int, attempt: Json) -> None:
    """One asking: the prompt, the raw answer, the error; as letters and never as anything else."""
    kind = "repair" if attempt["repair"] else "asking"
    st.markdown(f"**{kind} {number}** :gray[{duration_of(attempt['seconds'])}]")
    st.code(attempt["prompt"], language=None, wrap_lines=True)
    st.markdown(":gray[what came back]")
    st.code(visible(attempt["raw"] or "nothing"), language=None, wrap_lines=True)
    if attempt["error"]:
        st.markdown(f":red[**▲\u00a0{plain(attempt['error'])}**]")
