"""Hypothesis strategies for whole packs: conditions, declarations, verdicts, caps, what absence means."""

from hypothesis import strategies as st

from engine.declarations import Input
from engine.message import Message
from engine.pack import Place, Rule, RulePack
from engine.tree import inputs_of
from engine.verdict import Verdict
from tests.engine.trees import BOOLEANS, NUMBERS, STRINGS, WORDS, conditions

HERE = Place(1, 1)
ABSENT = st.sampled_from(("required", "skip", "skip", "REVIEW", "REJECT"))
EFFECTS = st.sampled_from((Verdict.REVIEW, Verdict.REJECT, 0.0, 0.01, 0.7, 1.0))


@st.composite
def _number(draw, name):
    low, high = draw(st.sampled_from(((None, None), (0.0, None), (None, 30.0), (-1.0, 1.0), (0.03, 1e16))))
    return Input(name, "number", minimum=low, maximum=high, absent=draw(ABSENT))


@st.composite
def _string(draw, name):
    words = draw(st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(tuple))
    low, high = draw(st.sampled_from(((None, None), (1, None), (2, 4), (None, 3), (0, 0))))
    return Input(name, "string", one_of=words, min_length=low, max_length=high, absent=draw(ABSENT))


@st.composite
def declarations(draw):
    """Every input that random conditions may read."""
    found = [draw(_number(name)) for name in NUMBERS] + [draw(_string(name)) for name in STRINGS]
    found += [Input(name, "boolean", absent=draw(ABSENT)) for name in BOOLEANS]
    found.append(Input("size_pct", "number", minimum=0.0, maximum=1.0, absent="skip"))
    return {one.name: one for one in found}


def rule_of(index, condition, effect):
    """A rule without words: ``effect`` is a verdict or a cap."""
    then, cap = (effect, None) if isinstance(effect, Verdict) else (None, effect)
    message = Message((f"rule {index}",), ())
    return Rule(f"r{index}", "", condition, then, cap, None, message, None, (), False, HERE, HERE)


def pack_of(rules, inputs=None, name="random"):
    """A pack of (condition, effect) pairs; it declares what they read where nothing else is said."""
    made = tuple(rule_of(index, *rule) for index, rule in enumerate(rules))
    inputs = inputs or {
        path: Input(path, kind, absent="skip")
        for kind, paths in (("number", NUMBERS), ("boolean", BOOLEANS), ("string", STRINGS))
        for path in paths
        if any(path in inputs_of(condition) for condition, _ in rules)
    }
    return RulePack(name, "1.0.0", None, None, 60, inputs, {}, {}, made, name, str(id(made)), {})


rules = st.lists(st.tuples(conditions, EFFECTS), min_size=1, max_size=5)
packs = st.builds(pack_of, rules, declarations())
