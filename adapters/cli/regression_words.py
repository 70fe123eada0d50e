"""What two versions of a pack make of the same signals, in words for the terminal."""

from collections.abc import Iterator

from adapters.regress.examples import Example, Said
from adapters.regress.report import Report
from engine import Verdict

_WIDTH = 10


def as_text(report: Report) -> str:
    """The matrix, what each rule does differently, and the examples."""
    return "\n".join([*_title(report), *_matrix(report), *_rules(report), *_examples(report)])


def _title(report: Report) -> Iterator[str]:
    yield f"{report.title} over {report.count:,} signals ({report.source})"
    yield ""


def _matrix(report: Report) -> Iterator[str]:
    yield f"  {'before, after':<14}" + "".join(f"{verdict.name:>{_WIDTH}}" for verdict in Verdict)
    for before in Verdict:
        counts = (report.matrix[before, after] for after in Verdict)
        yield f"  {before.name:<14}" + "".join(f"{count:>{_WIDTH},}" for count in counts)
    yield "  size: " + ", ".join(f"{count:,} {word}" for word, count in report.sizes.items())
    yield ""


def _rules(report: Report) -> Iterator[str]:
    moved = {rule: counts for rule, counts in report.by_rule.items() if any(counts[1:])}
    if not moved:
        return
    yield "rules:"
    for rule, (both, more, fewer) in moved.items():
        yield f"  {rule}: objects to {more:,} more and {fewer:,} fewer; to {both:,} as before"
    yield ""


def _examples(report: Report) -> Iterator[str]:
    for one in report.examples:
        yield f"{one.move}: {_signal(one)}"
        yield f"  before: {_said(one.before)}"
        yield f"  after:  {_said(one.after)}"
    if report.examples:
        yield ""


def _signal(one: Example) -> str:
    named = [str(one.facts.get("symbol", "")), one.at, one.signal_id]
    return " ".join(filter(None, named)) or ", ".join(f"{name} {value}" for name, value in one.facts.items())


def _said(said: Said) -> str:
    return "; ".join(f"{rule}: {message}" for rule, message in said.objections) or "no rule objects"
