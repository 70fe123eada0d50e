"""Panels and dashboards of Grafana as plain dictionaries, laid out in rows of 24 columns, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

SOURCE = {"type": "prometheus", "uid": "trivet-prometheus"}
"""The source of every query; provisioned under this uid."""

Kind = Literal["timeseries", "stat"]
_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression and how its lines are named, such as ``{{verdict}}``."""

    expr: str
    legend: str = "__auto"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. ``unit`` is Grafana's (``s``, ``reqps``, ``percentunit``, ``currencyUSD``); a ``stat`` turns
    red from ``red_from`` on, and a curve shows that height as a line."""

    title: str
    told: str
    queries: Sequence[Query]
    unit: str = "short"
    kind: Kind = "timeseries"
    red_from: float | None = None
    width: int = 8
    height: int = 7


def dashboard(uid: str, title: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """A dashboard as Grafana imports it; the same panels give the same text, so it can be compared."""
    return {
        "uid": uid,
        "title": title,
        "tags": ["trivet"],
        "editable": False,
        "schemaVersion": 41,
        "version": 1,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "panels": list(_laid_out(panels)),
    }


def _laid_out(panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    x = y = tallest = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > _COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield _drawn(number, panel, {"x": x, "y": y, "w": panel.width, "h": panel.height})
        x, tallest = x + panel.width, max(tallest, panel.height)


def _drawn(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.told,
        "datasource": SOURCE,
        "gridPos": place,
        "targets": [_target(letter, query) for letter, query in zip("ABCDEFGH", panel.queries, strict=False)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
    }


def _target(letter: str, query: Query) -> dict[str, Any]:
    return {"refId": letter, "expr": query.expr, "legendFormat": query.legend, "datasource": SOURCE}


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries" and panel.red_from is not None:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return defaults
