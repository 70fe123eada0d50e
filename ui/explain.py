"""One decision opened up: why, every rule with what it read, the facts and their source, a replay."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from ui.client import Api, Json, Problem
from ui.memo import show_memo
from ui.memo_words import brief_memo
from ui.words import NOTHING, RESULTS, code, moment, percent, plain, value, verdict

ORDER = {"hit": 0, "unknown": 1, "miss": 2}


@st.cache_data(max_entries=500, show_spinner=False)
def whole_decision(decision_id: str, _api: Api) -> Json:
    """A decision with facts and rules; its id names it in every store and it never changes: fetched once."""
    return dict(_api.get(f"/v1/policy/decisions/{decision_id}"))


def memo_beside(decision_id: str, api: Api) -> str:
    """The memo behind a decision in a few words, or what the rules read where it is on no record.

    Empty where none belongs to it, or none can be read.
    """
    try:
        found = whole_decision(decision_id, api)
    except Problem:
        return ""
    return brief_memo(found.get("memo") or found.get("reasoning"))


def show_decision(api: Api, decision: Json, place: str = "") -> None:
    """Everything there is to know about ``decision``, as ``GET /v1/policy/decisions/{id}`` gives it.

    ``place`` keeps its button apart where one decision is open twice on a page.
    """
    show_reasons(decision)
    show_memo(api, decision, place)
    show_evidence(api, decision, place)


def show_evidence(api: Api, decision: Json, place: str = "") -> None:
    """What the reasons rest on: every rule, the facts, the packs, and a replay."""
    show_rules(decision.get("rules") or ())
    show_facts(decision)
    show_origin(decision)
    show_nearest(api, decision, place)
    show_replay(api, str(decision["decision_id"]), place)


def show_reasons(decision: Json) -> None:
    """The verdict's reasons and caps in words; an approval says that nothing objected."""
    lines = [reason_line(reason) for reason in decision["reasons"]]
    lines += [f"{reason_line(reason)} :gray[waived by a person]" for reason in decision.get("waived") or ()]
    lines += [cap_line(cap) for cap in decision["caps"]]
    st.markdown("\n".join(lines) if lines else "- No rule objected and no cap applied.")


def reason_line(reason: Json) -> str:
    """One reason as a list item."""
    return f"- {verdict(reason['decision'])} {plain(reason['message'])} {code(reason['rule'])}"


def cap_line(cap: Json) -> str:
    """One cap as a list item."""
    return f"- **capped at {percent(cap['size_pct'])}:** {plain(cap['message'])} {code(cap['rule'])}"


def show_rules(rules: Iterable[Json]) -> None:
    """Every rule, those that object first, with its condition and the values it compared."""
    st.markdown("**Every rule**")
    ordered = sorted(rules, key=lambda rule: ORDER.get(rule["result"], 0))
    st.table([rule_row(rule) for rule in ordered], border="horizontal", hide_index=True)


def rule_row(rule: Json) -> dict[str, str]:
    """One rule as a row of the table."""
    return {
        "result": RESULTS.get(rule["result"], plain(rule["result"])),
        "rule": code(rule["rule"]),
        "objects when": code(rule["when"]),
        "it read": values_read(rule["values"]),
        "room to its limits": rooms(rule.get("margins") or ()),
    }


def values_read(values: Mapping[str, Any]) -> str:
    """Inputs and limits beside each other: ``market_context.data_age_seconds = 31``."""
    said = [f"{plain(name)} = **{plain(value(found))}**" for name, found in values.items()]
    return " · ".join(said) or "nothing"


def rooms(margins: Sequence[Json]) -> str:
    """How far each number is from where the rule minds it: ``18 left to 30``, ``1 past 30``."""
    several = len({one["fact"] for one in margins}) > 1
    return (
        " · ".join(f"{plain(one['fact'])}: {room(one)}" if several else room(one) for one in margins)
        or NOTHING
    )


def room(margin: Json) -> str:
    """One distance in the fact's own unit; at 0 the number stands exactly on the limit."""
    far, limit = margin["room"], plain(value(margin["limit"]))
    if far == 0:
        return f"exactly at {limit}"
    return f"{plain(value(far))} left to {limit}" if far > 0 else f"**{plain(value(-far))} past** {limit}"


def show_facts(decision: Json) -> None:
    """The facts that were judged, each with who measured it."""
    facts: Mapping[str, Any] = decision.get("facts") or {}
    if not facts:
        return
    st.markdown("**Facts**")
    st.table(
        [fact_row(decision, name, facts[name]) for name in sorted(facts)],
        border="horizontal",
        hide_index=True,
    )


def fact_row(decision: Json, name: str, found: Any) -> dict[str, str]:
    """One fact as a row of the table."""
    return {"fact": code(name), "value": plain(value(found)), "source": plain(source_of(decision, name))}


def source_of(decision: Json, name: str) -> str:
    """Who brought the fact ``name``; what stands in the signal itself came with it."""
    sources: Mapping[str, str] = decision.get("facts_source") or {}
    return sources.get(name) or sources.get(name.partition(".")[0]) or "signal"


def show_origin(decision: Json) -> None:
    """Which packs judged, by version and digest, and the ids to find it by."""
    st.markdown("**Judged by**")
    lines = [
        f"- {plain(pack['pack'])} **{plain(pack['version'])}** {code(pack['logic'])}"
        for pack in decision["packs"]
    ]
    st.markdown("\n".join(lines) or "- no active pack")
    parts = [f"decision {code(decision['decision_id'])}", f"signal {code(decision['signal_id'])}"]
    parts += [f"evaluated {moment(decision['evaluated_at'])}", f"expires {moment(decision['expires_at'])}"]
    if decision.get("supersedes"):
        parts.append(
            f"supersedes {code(decision['supersedes'])}, answered by {plain(decision.get('answered_by'))}"
        )
    st.caption(" · ".join(parts))


def show_nearest(api: Api, decision: Json, place: str) -> None:
    """For what was not approved, a button that asks what would have been."""
    decision_id = str(decision["decision_id"])
    if decision["decision"] == "APPROVE":
        return
    if st.button("What would have been approved?", key=f"nearest-{place}{decision_id}"):
        detail = api.get(f"/v1/policy/decisions/{decision_id}", explain="nearest")
        st.markdown("\n".join(nearest_line(one) for one in detail["nearest"]))


def nearest_line(nearest: Json) -> str:
    """What would have to change for one milder verdict, as a list item."""
    wanted = f"- {verdict(nearest['wanted'])}"
    if nearest["status"] == "unknown":
        return f"{wanted} not known: the question is too hard to answer quickly"
    if nearest["status"] == "impossible":
        return f"{wanted} not with the same {plain(' and '.join(nearest['fixed']))}"
    return f"{wanted} with " + " · ".join(map(change_words, nearest["changes"]))


def change_words(change: Json) -> str:
    """One fact as it would have to be, and as it is."""
    now, then = (plain(value(change[when])) for when in ("now", "then"))
    return f"{plain(change['fact'])} = **{then}** instead of {now}"


def show_replay(api: Api, decision_id: str, place: str) -> None:
    """A button that asks the same packs about the same facts again."""
    if st.button("Replay this decision", key=f"replay-{place}{decision_id}"):
        answer = api.post(f"/v1/policy/decisions/{decision_id}/replay")
        if answer["matched"]:
            st.success("The frozen packs say the same again, rule by rule.")
        else:
            st.error("The replay differs: the record, a pack or the engine is not what it was.")
            st.json(answer.get("differences", []))
