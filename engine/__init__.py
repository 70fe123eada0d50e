"""The engine: pack text and facts in, a verdict with every reason out; no clock, file, network, database."""

from engine.cases import CaseResult, run_cases
from engine.errors import EngineError, EngineFailure, FactFault, FactsIncomplete, PackProblems
from engine.evaluate import evaluate
from engine.outcome import Cap, Hit, Outcome, RuleReport
from engine.pack import Case, Rule, RulePack
from engine.pack_reader import read_pack
from engine.problems import Problem
from engine.review_pack import review_pack
from engine.verdict import Verdict, strongest

__all__ = [
    "Cap",
    "Case",
    "CaseResult",
    "EngineError",
    "EngineFailure",
    "FactFault",
    "FactsIncomplete",
    "Hit",
    "Outcome",
    "PackProblems",
    "Problem",
    "Rule",
    "RulePack",
    "RuleReport",
    "Verdict",
    "evaluate",
    "read_pack",
    "review_pack",
    "run_cases",
    "strongest",
]
