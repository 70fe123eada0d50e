"""The commands about memos: reason asks for one and records nothing, memo shows one that is on record."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import printable, problem_failures, say, settings, settings_of_store
from policy.contracts import PackSet, ReasoningMemo
from policy.http.strict_json import require_json
from policy.memo_contracts import MemoQuestion
from policy.problems import Problem

if TYPE_CHECKING:
    from adapters.reasoning.prompt import Prompt
    from adapters.reasoning.reading import MemoRecord

Reasoner = Literal["built-in", "model", "off"]
EXIT_CODES = {"ALLOW": 0, "ALLOW_WITH_CAUTION": 10, "BLOCK": 20, "FAILED": 10, "SKIPPED": 0}


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(reason)
    app.command()(memo)


def reason(
    file: Annotated[str, typer.Argument(help="A question as JSON; - reads standard input.")],
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Show what a model would be sent, and ask nobody.")
    ] = False,
    reasoner: Annotated[
        Reasoner | None, typer.Option(help="Who is asked; without it, TRIVET_REASONER says.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask for a memo on one signal, and record nothing.

    Exit code 0 for ALLOW and for a memo that was skipped, 10 for ALLOW_WITH_CAUTION and for one that failed,
    20 for BLOCK, 2 for bad input (problem JSON on standard error).

    Example: trivet reason docs/example-memo-question.json --show-prompt
    """
    with problem_failures():
        question = _question(file)
        if show_prompt:
            from adapters.reasoning.prompt import first_prompt  # noqa: PLC0415

            _say_prompt(first_prompt(question), as_json)
            return
        written = _memo_on(question, reasoner)
    say(written.model_dump_json(indent=2) if as_json else _in_words(written))
    raise typer.Exit(EXIT_CODES[written.recommendation or written.status])


def memo(
    signal_id: Annotated[UUID, typer.Argument(help="The signal that the memo is on.")],
    source: Annotated[PackSet, typer.Option(help="Whose signal it is.")] = "house",
    prompts: Annotated[
        bool, typer.Option("--prompts", help="Add what was sent to a model and what came back.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the memo that a signal has on record.

    Example: trivet memo 6f9f0d0e-8a52-4d0b-9a51-0a4f3b7f9a10 --prompts
    """
    with problem_failures():
        from adapters.reasoning.reading import memo_record  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415
        from policy.store import reading  # noqa: PLC0415

        with store_of(settings_of_store()) as store, reading(store) as connection:
            found = memo_record(connection, source, signal_id, prompts=prompts)
        if found is None:
            raise Problem(404, "memo-not-found", f"there is no memo on signal {signal_id} of {source}")
    say(found.model_dump_json(indent=2, exclude_none=True) if as_json else _record_in_words(found))


def _question(file: str) -> MemoQuestion:
    body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    require_json(body)
    return MemoQuestion.model_validate_json(body)


def _memo_on(question: MemoQuestion, reasoner: Reasoner | None) -> ReasoningMemo:
    from adapters.reasoning.record import memo_of  # noqa: PLC0415
    from adapters.wiring.reasoning import mind_of  # noqa: PLC0415

    chosen = settings()
    with mind_of(chosen.model_copy(update={"reasoner": reasoner or chosen.reasoner})) as mind:
        return memo_of(question.signal.signal_id, mind.think(question), mind.name, None)


def _say_prompt(prompt: "Prompt", as_json: bool) -> None:
    """What would be sent: as it stands in the request, or message by message for a reader."""
    from adapters.reasoning.line import as_sent  # noqa: PLC0415

    if as_json:
        say(as_sent(prompt.messages))
        return
    for message in prompt.messages:
        say(f"--- {message.role}\n{message.text}")


def _in_words(told: ReasoningMemo) -> str:
    why = f"{told.reason}: {told.reason_text}" if told.reason else told.recommendation
    parts = {
        "for": told.thesis,
        "against": told.counter_thesis,
        "flags": ", ".join(told.risk_flags),
        "cites": ", ".join(told.citations),
    }
    lines = [f"{name:8} {text}" for name, text in parts.items() if text]
    return "\n".join([f"{told.status} {why} ({told.reasoner})", *lines])


def _record_in_words(found: "MemoRecord") -> str:
    asked = f"{'asked':8} {found.asked_at.isoformat()}, {found.seconds:g} s, digest {found.memo.digest}"
    tried = [
        f"--- sent\n{json.dumps(json.loads(one.prompt), indent=2, ensure_ascii=False)}\n--- came back\n"
        f"{_lines(one.raw or '')}\n--- {_lines(one.error or 'taken')}"
        for one in found.attempts or ()
    ]
    return "\n".join([_in_words(found.memo), asked, *tried])


def _lines(text: str) -> str:
    """Every line of ``text`` as it can be shown: a model's answer gives the terminal no orders."""
    return "\n".join(map(printable, text.split("\n")))
