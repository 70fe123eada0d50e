"""A comparison as one HTML page with plots; everything it needs is inside, so it opens without a network."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from adapters.regress.baseline import Bound, beyond
from adapters.regress.examples import Example, Said
from adapters.regress.plots import plots
from adapters.regress.report import Report
from engine.message import in_words


def page(report: Report, found: Sequence[Bound]) -> str:
    """The whole page; ``found`` is everything that moved beside what may."""
    template = Template(files("adapters.regress").joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=_arrow(report.title),
        summary=escape(summary(report)),
        beyond=_beyond(beyond(found)),
        moved=_moved(found),
        plots=plots(report).to_html(
            inline=True, fullhtml=False, output_div="plots", embed_options={"actions": False}
        ),
        examples="\n".join(map(_example, report.examples)) or "<p>Nothing moved.</p>",
    )


def summary(report: Report) -> str:
    """What came of it, in one sentence."""
    moved = sum(report.moved["verdicts"].values())
    sizes = " and ".join(f"{count:,} {word}" for word, count in report.sizes.items())
    return (
        f"{report.count:,} signals ({report.source}): {moved:,} get another verdict; "
        f"the approved size is {sizes}."
    )


def _beyond(further: Sequence[Bound]) -> str:
    if not further:
        return '<p class="calm">Nothing moved that the baseline does not allow.</p>'
    lines = "".join(f"<li>{_arrow(str(one))}</li>" for one in further)
    return f'<div class="alarm"><p>Moved further than the baseline allows:</p><ul>{lines}</ul></div>'


def _moved(found: Sequence[Bound]) -> str:
    """Each thing that moved, altogether and on each symbol and in each month, beside what may."""
    rows = "".join(map(_bound, found))
    return f"<table><tr><th>what</th><th>signals</th><th>may</th></tr>{rows}</table>" if found else ""


def _bound(one: Bound) -> str:
    mark = ' class="further"' if one.exceeded else ""
    return f"<tr{mark}><td>{_arrow(one.name)}</td><td>{one.signals:,}</td><td>{one.allowed:,}</td></tr>"


def _example(one: Example) -> str:
    title = " ".join(filter(None, [str(one.facts.get("symbol", "")), one.at, one.signal_id]))
    facts = "".join(
        f"<tr><td>{escape(name)}</td><td>{_value(value)}</td></tr>" for name, value in one.facts.items()
    )
    return (
        f'<details class="example"><summary><b>{_arrow(one.move)}</b> {escape(title)}</summary>'
        f'<div class="sides">{_said("before", one.before)}{_said("after", one.after)}'
        f"<table>{facts}</table></div></details>"
    )


def _arrow(move: str) -> str:
    return escape(move).replace("-&gt;", "&rarr;")


def _said(when: str, said: Said) -> str:
    reasons = "".join(
        f"<li><code>{escape(rule)}</code> {escape(message)}</li>" for rule, message in said.objections
    )
    size = "" if said.size_pct is None else f", {in_words(said.size_pct, 'fraction')} of equity"
    listed = f"<ul>{reasons}</ul>" if reasons else "<p>no rule objects</p>"
    return f"<section><h3>{when}: {said.verdict.name}{escape(size)}</h3>{listed}</section>"


def _value(value: bool | float | str) -> str:
    return escape(in_words(value))
