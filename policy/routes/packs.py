"""Rule packs over HTTP: what is in force, the history of the shelf, and one version in words."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Row

from engine import Rule, RulePack
from policy.contracts import Contract, PackSet, Scalar, Utc, VerdictWord
from policy.http.openapi import problem_answers
from policy.judge import WORDS
from policy.ports import PackUnknown
from policy.problems import Problem
from policy.service import PolicyService

Value = Scalar | tuple[Scalar, ...]


class ActivePack(Contract):
    """One activation: which version judges whose signals, since when and by whom; hashes as recorded.

    ``difference`` is the proved difference to what judged before, null where nobody asked for one;
    ``withdrawn``: from here on the pack judges no more.
    """

    pack: str
    version: str
    set: PackSet
    shadow: bool
    activated_at: Utc
    activated_by: str
    logic: str
    text: str
    difference: Mapping[str, Any] | None
    confirmed_by: str | None
    withdrawn: bool


class ActivePacks(Contract):
    """Activations; the list is short, so it never goes on."""

    items: tuple[ActivePack, ...]
    next_cursor: None = None


class InputView(Contract):
    """One fact that the pack's rules may read."""

    type: str
    unit: str | None
    minimum: float | None
    maximum: float | None
    min_length: int | None
    max_length: int | None
    one_of: tuple[str, ...] | None
    absent: str
    direction: str | None
    source: str


class LimitView(Contract):
    """One named limit."""

    value: Value
    unit: str | None


class CaseView(Contract):
    """One example of a rule."""

    name: str
    expect: str
    size: float | None
    facts: Mapping[str, Scalar]


class RuleView(Contract):
    """One rule; exactly one of ``then`` and ``cap`` is set."""

    id: str
    when: str
    then: VerdictWord | None
    cap: float | None
    reason: str | None
    rationale: str | None
    reads: tuple[str, ...]
    cases: tuple[CaseView, ...]


class PackView(Contract):
    """One released version; ``text`` is the file as it was frozen."""

    pack: str
    version: str
    owner: str | None
    purpose: str | None
    decision_ttl_seconds: int
    logic_hash: str
    text_hash: str
    inputs: Mapping[str, InputView]
    limits: Mapping[str, LimitView]
    rules: tuple[RuleView, ...]
    text: str


def router(service: PolicyService) -> APIRouter:
    """``GET /v1/policy/packs``, ``/v1/policy/packs/{pack}/{version}``, ``/v1/policy/activations``."""
    routes = APIRouter(prefix="/v1/policy", tags=["packs"], responses=problem_answers(403, 503))

    @routes.get("/packs", response_model=ActivePacks, summary="What is in force")
    def packs() -> ActivePacks:
        return ActivePacks(items=tuple(map(_active, service.shelf.standing())))

    @routes.get("/activations", response_model=ActivePacks, summary="Every activation, newest first")
    def activations() -> ActivePacks:
        return ActivePacks(items=tuple(map(_active, reversed(service.shelf.history()))))

    @routes.get(
        "/packs/{pack}/{version}",
        response_model=PackView,
        responses=problem_answers(404, 422),
        summary="One version in words",
    )
    def version(pack: str, version: str) -> PackView:
        try:
            return _view(service.loader.load(pack, version))
        except PackUnknown as unknown:
            raise Problem(404, "pack-not-found", str(unknown)) from unknown

    return routes


def _active(row: Row[Any]) -> ActivePack:
    same = ("pack", "version", "shadow", "activated_at", "activated_by", "logic", "text")
    names = (*same, "difference", "confirmed_by", "withdrawn")
    return ActivePack(set=row.pack_set, **{name: getattr(row, name) for name in names})


def _view(pack: RulePack) -> PackView:
    return PackView(
        pack=pack.name,
        version=pack.version,
        owner=pack.owner,
        purpose=pack.purpose,
        decision_ttl_seconds=pack.decision_ttl_seconds,
        logic_hash=pack.logic_hash,
        text_hash=pack.text_hash,
        inputs={name: _fields(InputView, one) for name, one in pack.inputs.items()},
        limits={name: _fields(LimitView, one) for name, one in pack.limits.items()},
        rules=tuple(map(_rule, pack.rules)),
        text=pack.text,
    )


def _rule(rule: Rule) -> RuleView:
    return RuleView(
        id=rule.id,
        when=rule.when,
        then=None if rule.then is None else WORDS[rule.then],
        cap=rule.cap,
        reason=rule.reason,
        rationale=rule.rationale,
        reads=rule.reads,
        cases=tuple(
            CaseView(name=case.name, expect=case.expect.name, size=case.size, facts=case.facts)
            for case in rule.cases
        ),
    )


def _fields(view: type[Any], declared: object) -> Any:
    return view(**{name: getattr(declared, name) for name in view.model_fields})
