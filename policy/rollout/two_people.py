"""Who may confirm what somebody asked for: another person, as far as names and credentials can tell."""

from typing import Any

from sqlalchemy import Row

from policy.access.callers import LOCAL, RESERVED, Caller
from policy.problems import Problem
from policy.rollout.contracts import Finding


def refuse_nobody(by: str) -> None:
    """No part of the house asks or confirms, and nobody without a name."""
    if not _plain(by) or by in RESERVED - {LOCAL.name}:
        raise Problem(
            422, "no-person", f'only a person advances a phase, and "{by}" is none; give your own name'
        )


def refuse_same_person(row: Row[Any], caller: Caller, by: str) -> None:
    """Two names, and where one of them is known by a credential, two credentials."""
    same_name = _plain(by) == _plain(row.asked_by)
    both_local = not caller.is_known and row.asked_with == LOCAL.credential
    both_known = caller.is_known and row.asked_with not in (LOCAL.credential, caller.credential)
    if same_name or not (both_local or both_known):
        other = "another person has to confirm, with a credential of their own where keys are used"
        detail = f"{row.asked_by} asked for it; {other}"
        raise Problem(409, "second-person-needed", detail)


def _plain(name: str) -> str:
    """A name without what nobody would tell apart by: letter case and spaces."""
    return "".join(name.split()).casefold()


def two_people(row: Row[Any], caller: Caller, by: str) -> Finding:
    """The line of the checklist that says who the two were, and by which credentials they are known."""
    found = f"{row.asked_by} asked ({row.asked_with}), {by} confirmed ({caller.credential})"
    return Finding(
        code="two-people", asks="one person asks and another confirms", found=found, satisfied=True
    )
