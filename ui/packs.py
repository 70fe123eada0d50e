"""The page of rule packs: what is in force for whom, every rule as a sentence, limits, cases, history."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from ui.client import Json
from ui.connection import api, failures_shown
from ui.words import NOTHING, code, moment, plain, value, verdict

WHOSE = {"callers": "requests of callers", "house": "the house's own signals"}


def show() -> None:
    """The whole page."""
    st.title("Rule packs")
    st.caption(
        "What judges now, in words. A new version counts from the first decision after its activation."
    )
    with failures_shown():
        items = api().get("/v1/policy/packs")["items"]
        for pack, version in versions(items):
            show_pack(api().get(f"/v1/policy/packs/{pack}/{version}"), items)
        if not items:
            st.warning("**No pack is in force, so nothing is approved.** Activate one:")
            st.code("trivet activate trading-core@1.0.0", language="bash")


def versions(items: Sequence[Json]) -> list[tuple[str, str]]:
    """The versions in force or in shadow, each once, by pack name."""
    return sorted({(item["pack"], item["version"]) for item in items})


def show_pack(pack: Json, items: Sequence[Json]) -> None:
    """One version: whom it judges since when, its rules in words, and behind them limits, inputs, text."""
    mine = [item for item in items if (item["pack"], item["version"]) == (pack["pack"], pack["version"])]
    with st.container(border=True):
        st.subheader(f"{plain(pack['pack'])} {plain(pack['version'])}")
        st.markdown(
            f"{plain(pack.get('purpose') or NOTHING)} :gray[owner {plain(pack.get('owner') or NOTHING)}]"
        )
        st.markdown("\n".join(activation_line(item) for item in mine))
        show_rules(pack)
        show_details(pack)


def activation_line(item: Json) -> str:
    """Whom a version judges, since when, and who said so."""
    how = "watches in shadow" if item.get("shadow") else "judges"
    whose = WHOSE.get(item["set"], item["set"])
    return f"- {how} {plain(whose)} since {moment(item['activated_at'])}, by {plain(item['activated_by'])}"


def show_rules(pack: Json) -> None:
    """Every rule: what it says, when it objects, why it is there."""
    st.table([rule_row(rule) for rule in pack["rules"]], border="horizontal", hide_index=True)


def rule_row(rule: Json) -> dict[str, str]:
    """One rule as a row of the table."""
    says = verdict(rule["then"]) if rule.get("then") else f"**cap {value(rule['cap'])}**"
    return {
        "says": says,
        "rule": code(rule["id"]),
        "when": code(rule["when"]),
        "why": plain(rule.get("rationale") or NOTHING),
    }


def show_details(pack: Json) -> None:
    """Limits, inputs, cases, and the text as released: each behind its own tab."""
    limits, inputs, cases, text = st.tabs(["Limits", "What it reads", "Cases", "The file"])
    with limits:
        st.table([limit_row(name, limit) for name, limit in pack["limits"].items()], hide_index=True)
    with inputs:
        st.table([input_row(name, declared) for name, declared in pack["inputs"].items()], hide_index=True)
    with cases:
        st.table(list(case_rows(pack["rules"])), hide_index=True)
    with text:
        st.code(pack["text"], language="yaml", height=400)


def limit_row(name: str, limit: Json) -> dict[str, str]:
    """One limit as a row of the table."""
    return {
        "limit": code(name),
        "value": plain(value(limit["value"])),
        "unit": plain(limit.get("unit") or NOTHING),
    }


def input_row(name: str, declared: Mapping[str, object]) -> dict[str, str]:
    """One declared input as a row of the table."""
    return {
        "input": code(name),
        "type": plain(declared["type"]),
        "unit": plain(declared.get("unit") or NOTHING),
        "when absent": plain(declared.get("absent") or "required"),
        "from": plain(declared.get("source") or "caller"),
    }


def case_rows(rules: Iterable[Json]) -> Iterable[dict[str, str]]:
    """Every case of every rule as a row of the table."""
    for rule in rules:
        for case in rule.get("cases") or ():
            yield {"rule": code(rule["id"]), "case": plain(case["name"]), "expected": verdict(case["expect"])}
