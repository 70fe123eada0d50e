"""Commands whose modules are imported when asked for: nobody waits for what another command needs."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup


class LazyCommands(TyperGroup):
    """A group of commands that modules beside this one add with their ``add_to``."""

    modules: ClassVar[Mapping[str, tuple[str, ...]]]
    """The names of the commands that each module adds, in the order of the help page."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 its base says so
        """The names of all commands."""
        return [name for names in self.modules.values() for name in names]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; where there is none all are imported, to suggest a similar one."""
        found = [module for module, names in self.modules.items() if cmd_name in names]
        if cmd_name not in self.commands:
            for module in found or self.modules:
                self.commands.update(commands_of(module))
        return super().get_command(ctx, cmd_name)


def commands_of(module: str) -> dict[str, Any]:
    """What a module of this package adds, by name."""
    added = typer.Typer(callback=lambda: None)
    import_module(f"adapters.cli.{module}").add_to(added)
    return dict(typer.main.get_group(added).commands)
