"""Packs of any size, for what must stay fast: every kind of condition, caps, absent inputs, texts."""

from engine import read_pack

_HEAD = """\
pack: large
version: 1.0.0
inputs:
  size_pct: {type: number, min: 0, max: 1, direction: riskier_up}
"""
_NUMBER = "  x%d: {type: number, unit: score, min: 0, max: 100, direction: riskier_up%s}\n"
_ABSENT = (", absent: skip", "", ", absent: REVIEW", "")
_EFFECTS = ("then: REVIEW", "then: REJECT", "cap: 0.02", "then: REJECT", "then: REVIEW")
_CONDITIONS = (
    "x{i} > {limit}",
    "x{i} > {limit} && b{j}",
    "(x{i} > {limit} || x{j} >= {limit}) && !b{k}",
    's{r} in ["A{r}", "B{r}", "C"] && x{i} > {limit}',
    "x{i} > x{j} && x{k} > {limit}",
)


def large_pack(rules, most=50, without=()):
    """``rules`` rules over a fifth as many numbers and switches; ``most`` limits those that read x0."""
    inputs = max(8, rules // 5)
    lines = [_NUMBER % (i, _ABSENT[i % 4]) for i in range(inputs)]
    lines += [f"  b{i}: {{type: boolean}}\n" for i in range(inputs)]
    lines += [f"  s{i}: {{type: string, min_length: 1, max_length: 8}}\n" for i in range(rules)]
    body = (_rule(r, inputs, most) for r in range(rules) if r not in without)
    return read_pack(_HEAD + "".join(lines) + "rules:\n" + "".join(body), "large.yaml")


def _rule(r, inputs, most):
    i, j, k = r % inputs, (r * 7 + 3) % inputs, (r * 5 + 1) % inputs
    limit = most if i == 0 else 51 + r * 37 % 40
    when = _CONDITIONS[r % 5].format(r=r, i=i, j=j, k=k, limit=limit)
    return f"  - {{id: r{r}, when: '{when}', {_EFFECTS[r % 5]}}}\n"
