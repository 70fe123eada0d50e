"""A process that this one starts, watches and ends; it never outlives its parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Command:
    """What is run: the words, the signal that ends it well, where its output goes, and as whom.

    ``variables`` are the whole environment. ``account`` is a user and group number to become, or None.
    """

    words: Sequence[str | Path]
    log: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    account: int | None = None
    folder: Path = Path("/")


class Child:
    """One running process of a ``Command``, in a session of its own so that a terminal's Ctrl-C spares it."""

    def __init__(self, command: Command) -> None:
        """Start it. Raises ``OSError`` when the program cannot be run or the log cannot be written."""
        self.command = command
        identity = {} if command.account is None else _as(command.account)
        with command.log.open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own command line
                list(command.words),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=command.folder,
                env=dict(command.variables),
                start_new_session=True,
                preexec_fn=_dies_with_parent(command.stop_signal),  # noqa: PLW1509 - one system call, nothing imported
                **identity,
            )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return int(self._process.pid)

    def ended(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        code: int | None = self._process.poll()
        return code

    def ask_to_stop(self) -> None:
        """Send the signal that ends it well, and do not wait."""
        if self.ended() is None:
            self._process.send_signal(self.command.stop_signal)

    def stop(self, seconds: float = 20) -> int:
        """End it well; after ``seconds`` kill it. Gives the exit code."""
        self.ask_to_stop()
        try:
            return int(self._process.wait(seconds))
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it at once, as a crash would."""
        self._process.kill()
        return int(self._process.wait())

    def last_words(self, most: int = 2000) -> str:
        """The end of its log."""
        return self.command.log.read_text(errors="replace")[-most:].strip()


def _as(account: int) -> dict[str, int | list[int]]:
    return {"user": account, "group": account, "extra_groups": []}


def _dies_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """On Linux the kernel ends a child with its parent, even after a kill -9."""
    if sys.platform != "linux":
        return None
    system, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        system.prctl(_PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:  # the parent died before the kernel knew
            os._exit(1)

    return prepare
