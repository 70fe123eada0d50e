"""The page of rule packs: what is in force for whom, every rule as a sentence, limits, cases, history."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from ui.client import Json
from ui.connection import api, failures_shown
from ui.words import NOTHING, code, limit, moment, percent, plain, verdict

_SLOT = re.compile(r"\{([^{}]*)\}")
WHOSE = {"callers": "requests of callers", "house": "the house's own signals"}


def show() -> None:
    """The whole page."""
    st.title("Rule packs")
    st.caption(
        "What judges now, in words. A new version counts from the first decision after its activation."
    )
    with failures_shown():
        items = api().get("/v1/policy/packs")["items"]
        history = api().get("/v1/policy/activations")["items"]
        for pack, version in versions(items):
            show_pack(api().get(f"/v1/policy/packs/{pack}/{version}"), items, history)
        if not items:
            st.warning("**No pack is in force, so nothing is approved.** Activate one:")
            st.code("trivet activate trading-core@1.0.0", language="bash")


def versions(items: Sequence[Json]) -> list[tuple[str, str]]:
    """The versions in force or in shadow, each once; those that judge most stand first."""
    found = Counter((item["pack"], item["version"]) for item in items)
    return sorted(found, key=lambda version: (-found[version], version))


def show_pack(pack: Json, items: Sequence[Json], history: Sequence[Json]) -> None:
    """One version: whom it judges since when, its rules in words, and behind them limits, inputs, text."""
    mine = [item for item in items if (item["pack"], item["version"]) == (pack["pack"], pack["version"])]
    with st.container(border=True):
        st.subheader(f"{plain(pack['pack'])} {plain(pack['version'])}")
        st.markdown(
            f"{plain(pack.get('purpose') or NOTHING)} :gray[owner {plain(pack.get('owner') or NOTHING)}]"
        )
        st.markdown("\n".join(activation_line(item) for item in mine))
        show_rules(pack)
        show_details(pack, [item for item in history if item["pack"] == pack["pack"]])


def activation_line(item: Json) -> str:
    """Whom a version judges, since when, and who said so."""
    how = "watches in shadow" if item["shadow"] else "judges no more" if item.get("withdrawn") else "judges"
    whose = WHOSE.get(item["set"], item["set"])
    return f"- {how} {plain(whose)} since {moment(item['activated_at'])}, by {plain(item['activated_by'])}"


def show_rules(pack: Json) -> None:
    """Every rule: what it says, in words and as a condition, and why it is there."""
    st.table([rule_row(rule, pack["limits"]) for rule in pack["rules"]], border="horizontal", hide_index=True)


def rule_row(rule: Json, limits: Mapping[str, Json]) -> dict[str, str]:
    """One rule as a row of the table."""
    says = verdict(rule["then"]) if rule.get("then") else f"**cap\u00a0{percent(rule['cap'])}**"
    return {
        "says": says,
        "rule": code(rule["id"]),
        "in words": plain(sentence(rule.get("reason") or NOTHING, limits)),
        "objects when": code(rule["when"]),
        "why": plain(rule.get("rationale") or NOTHING),
    }


def sentence(reason: str, limits: Mapping[str, Json]) -> str:
    """A rule's reason with its limits filled in and ``…`` where a signal's own value will stand."""

    def filled(slot: re.Match[str]) -> str:
        kind, _, name = slot[1].partition(".")
        return limit(limits[name]["value"], limits[name].get("unit")) if kind == "limits" else "…"

    return _SLOT.sub(filled, reason)


def show_details(pack: Json, history: Sequence[Json]) -> None:
    """Limits, inputs, cases, former versions, and the text as released: each behind its own tab."""
    rows = {
        "Limits": [limit_row(name, found) for name, found in pack["limits"].items()],
        "What it reads": [input_row(name, declared) for name, declared in pack["inputs"].items()],
        "Cases": list(case_rows(pack["rules"])),
        "Activations": [activation_row(item) for item in history],
    }
    rows = {title: found for title, found in rows.items() if found}
    *tabs, file = st.tabs([*rows, "The file"])
    for tab, found in zip(tabs, rows.values(), strict=True):
        tab.table(found, border="horizontal", hide_index=True)
    file.code(pack["text"], language="yaml", height=400)


def limit_row(name: str, found: Json) -> dict[str, str]:
    """One limit as a row of the table."""
    unit = found.get("unit")
    return {"limit": code(name), "value": plain(limit(found["value"], unit)), "unit": plain(unit or NOTHING)}


def input_row(name: str, declared: Mapping[str, object]) -> dict[str, str]:
    """One declared input as a row of the table."""
    return {
        "input": code(name),
        "type": plain(declared["type"]),
        "unit": plain(declared.get("unit") or NOTHING),
        "when absent": plain(declared.get("absent") or "required"),
        "from": plain(declared.get("source") or "caller"),
    }


def activation_row(item: Json) -> dict[str, str]:
    """One activation of the pack, this version or another, as a row of the table."""
    return {
        "version": plain(item["version"]) + (" (shadow)" if item["shadow"] else ""),
        "for": plain(WHOSE.get(item["set"], item["set"])),
        "since": moment(item["activated_at"]),
        "by": plain(item["activated_by"]),
    }


def case_rows(rules: Iterable[Json]) -> Iterable[dict[str, str]]:
    """Every case of every rule as a row of the table."""
    for rule in rules:
        for case in rule.get("cases") or ():
            yield {"rule": code(rule["id"]), "case": plain(case["name"]), "expected": verdict(case["expect"])}
