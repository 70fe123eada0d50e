"""The command that serves one service, or all of them in one process: serve."""

from collections.abc import Mapping
from typing import Annotated

import typer

from adapters.cli.playing import From, Keeping, Speed, To, plan_of, run
from adapters.cli.speech import USAGE, plain_failures, say, settings
from adapters.wiring.refusal import Refused

_POLICY = "policy"
_PLAYER = "player"
_ALL = "all"


def add_to(app: typer.Typer) -> None:
    """Give ``app`` this command."""
    app.command()(serve)


def serve(
    service: Annotated[
        str,
        typer.Argument(
            help="policy, execution, market, features, strategy, portfolio, reasoning, player, or all."
        ),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    speed: Speed = None,
    paused: Annotated[bool, typer.Option("--paused", help="The player waits for resume or step.")] = False,
    at: Annotated[
        str | None, typer.Option(help="The player starts at this time, such as 2012-06-04T14:30:00Z.")
    ] = None,
    first: From = None,
    last: To = None,
    keep: Keeping = "step",
) -> None:
    """Serve one service by the player's time, beside the others; or policy alone on the real clock; or all.

    Services apart need TRIVET_CLOCK=player and the addresses of Postgres, NATS and Redis, and a player among
    them. Options about the player are for: serve player, and all. A player that is started again goes on.

    Example: trivet serve policy --port 8000
    """
    with plain_failures(USAGE):
        _refuse_idle(
            service, {"--speed": speed, "--paused": paused, "--at": at, "--from": first, "--to": last}, keep
        )
    if service == _ALL:
        run(speed, paused, at, first, last, no_ui=True, host=host, port=port)
        return
    from adapters.observability.process import observed  # noqa: PLC0415

    chosen = settings()
    with plain_failures(USAGE):
        chosen.refuse_unsafe(host)
        chosen.refuse_mixed()
        if service == _POLICY and chosen.clock == "real":
            from adapters.wiring.serving import serve_policy  # noqa: PLC0415

            with observed(chosen, service):
                serve_policy(chosen, host, port, say)
            return
        from adapters.wiring.apart.playing import Start  # noqa: PLC0415
        from adapters.wiring.apart.serving import NAMES, serve_service  # noqa: PLC0415

        if service not in NAMES:
            raise Refused(f"'{service}' is no service; choose one of {', '.join((*NAMES, _ALL))}")
        if chosen.clock == "real":
            raise Refused(
                f"'{service}' cannot be served alone: it goes by a player's time; set TRIVET_CLOCK=player "
                "with the servers that it needs, or serve all of them with: all"
            )
        start = Start(plan_of(first, last, at), speed, paused, keep)
        with observed(chosen, service):
            serve_service(service, chosen, host, port, start, say)


def _refuse_idle(service: str, about_player: Mapping[str, object], keep: str) -> None:
    """Raise ``Refused`` for options that would change nothing: whoever gave them expects that they do."""
    given = [name for name, value in about_player.items() if value]
    idle = [] if service in (_PLAYER, _ALL) else given
    idle += [] if service == _PLAYER or keep == "step" else ["--keep"]
    if idle:
        raise Refused(
            f"{', '.join(idle)} would change nothing for '{service}'; such options are the player's"
        )
