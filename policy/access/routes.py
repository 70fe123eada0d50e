"""The one table of what each route needs; a route that is not in it answers nobody."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from policy.access.callers import ROLES, Role

STRATEGY, TRADER, REVIEWER, AUTHOR, ACTIVATOR, OPERATOR, AUDITOR = Role

OPEN: frozenset[Role] = frozenset()
"""What a route needs that answers everybody, with or without a credential."""

_BOOK = (TRADER, REVIEWER, OPERATOR)
_PACKS = (STRATEGY, REVIEWER, AUTHOR, ACTIVATOR)
_MARKET = (STRATEGY, TRADER, REVIEWER)
_DECISIONS = (STRATEGY, TRADER, REVIEWER, AUTHOR, ACTIVATOR)

# Whoever audits reads everything, so every GET is the auditor's too.
_NEEDS: Mapping[str, tuple[Role, ...]] = {
    "GET /healthz": (),
    "GET /readyz": (),
    "GET /metrics": (),
    "GET /openapi.json": tuple(Role),
    "GET /docs": tuple(Role),
    "POST /v1/policy/evaluate": (STRATEGY,),
    "GET /v1/policy/decisions": _DECISIONS,
    "GET /v1/policy/decisions/{}": _DECISIONS,
    "POST /v1/policy/decisions/{}/replay": (AUTHOR, REVIEWER, AUDITOR),  # it changes nothing
    "GET /v1/policy/packs": _PACKS,
    "GET /v1/policy/packs/{}/{}": _PACKS,
    "GET /v1/policy/activations": _PACKS,
    "GET /v1/policy/proposals": _PACKS,
    "POST /v1/policy/packs/{}/{}/activate": (ACTIVATOR,),
    "POST /v1/policy/rollback/{}": (ACTIVATOR,),
    "POST /v1/policy/proposals/{}/confirm": (ACTIVATOR,),
    "GET /v1/rollout": (*_BOOK, ACTIVATOR),
    "GET /v1/rollout/checklist": (OPERATOR, ACTIVATOR),
    "POST /v1/rollout/advance": (OPERATOR, ACTIVATOR),
    "POST /v1/rollout/confirm": (OPERATOR, ACTIVATOR),
    "POST /v1/rollout/back": (OPERATOR, ACTIVATOR),
    "GET /v1/reviews": (REVIEWER,),
    "GET /v1/reviews/{}": (REVIEWER,),
    "POST /v1/reviews/{}/approve": (REVIEWER,),
    "POST /v1/reviews/{}/reject": (REVIEWER,),
    "GET /v1/stops": tuple(Role),  # whether the house is stopped concerns everybody
    "GET /v1/stops/obeyed": tuple(Role),
    "POST /v1/stops/trip": (OPERATOR, TRADER, REVIEWER),  # stopping is easy, letting go is not
    "POST /v1/stops/rearm": (OPERATOR,),
    "GET /v1/market/quote/{}": _MARKET,
    "GET /v1/market/bar/{}": _MARKET,
    "GET /v1/market/splits/{}": _MARKET,
    "GET /v1/market/gaps": (*_MARKET, OPERATOR),
    "GET /v1/market/blackouts": _MARKET,
    "GET /v1/market/feed": (*_MARKET, OPERATOR),
    "GET /v1/market/quarantine": (*_MARKET, OPERATOR),
    "POST /v1/market/accept": (OPERATOR,),
    "GET /v1/news": _MARKET,
    "GET /v1/news/{}": _MARKET,
    "GET /v1/features": _MARKET,
    "GET /v1/features/{}": _MARKET,
    "POST /v1/signals/generate": (STRATEGY,),
    "POST /v1/reasoning/memo": (STRATEGY,),
    "GET /v1/reasoning/memos/{}": (*_DECISIONS, OPERATOR),  # with prompts for operators and auditors alone
    "GET /v1/reasoning/status": (*_DECISIONS, OPERATOR),
    "POST /v1/orders": (TRADER,),
    "GET /v1/orders": _BOOK,
    "GET /v1/orders/{}": _BOOK,
    "POST /v1/orders/{}/cancel": (TRADER,),
    "POST /v1/portfolio/flatten": (TRADER, OPERATOR),
    "GET /v1/reconciliation": _BOOK,
    "POST /v1/reconciliation/run": (TRADER, OPERATOR),
    "POST /v1/reconciliation/release": (OPERATOR,),  # stopping is easy, letting go is not
    "GET /v1/portfolio": _BOOK,
    "GET /v1/portfolio/positions": _BOOK,
    "GET /v1/portfolio/history": _BOOK,
    "GET /v1/player": tuple(Role),  # what time it is here concerns everybody
    "POST /v1/player/pause": (OPERATOR,),
    "POST /v1/player/resume": (OPERATOR,),
    "POST /v1/player/step": (OPERATOR,),
    "POST /v1/player/speed": (OPERATOR,),
}


class Needed(NamedTuple):
    """What one route needs: any one of ``roles``, or nothing where they are ``OPEN``."""

    method: str
    path: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class _Pattern:
    shape: re.Pattern[str]
    needed: Needed


def every_route() -> Iterator[Needed]:
    """The table, in its order; a path's parameters are written ``{}``."""
    for route, roles in _NEEDS.items():
        method, _, path = route.partition(" ")
        auditing = {AUDITOR} if method == "GET" and roles else set()
        yield Needed(method, path, frozenset(roles) | auditing)


def needed_for(method: str, path: str) -> Needed | None:
    """What a request needs; None for one that the table does not know."""
    exact = _EXACT.get((method, path))
    if exact is not None:
        return exact
    found = (one.needed for one in _PATTERNS if one.needed.method == method and one.shape.fullmatch(path))
    return next(found, None)


def roles_of(method: str, template: str) -> frozenset[Role]:
    """What a route needs by its template, such as ``/v1/orders/{order_id}``; KeyError where undeclared."""
    return _BY_TEMPLATE[method, re.sub(r"\{[^}]*\}", "{}", template)]


def _pattern(needed: Needed) -> _Pattern:
    parts = map(re.escape, needed.path.split("{}"))
    return _Pattern(re.compile("[^/]+".join(parts)), needed)


_BY_TEMPLATE = {(one.method, one.path): one.roles for one in every_route()}
_EXACT = {(one.method, one.path): one for one in every_route() if "{}" not in one.path}
_PATTERNS = tuple(_pattern(one) for one in every_route() if "{}" in one.path)
assert all(one.roles <= ROLES for one in every_route())
