"""What the programs of the crash tests share: a process of its own, and kill -9 at a chosen commit."""

import os
import signal
from collections.abc import Callable
from itertools import count

from sqlalchemy import Engine, event


def in_a_process(work: Callable[[], object]) -> bool:
    """Do ``work`` in a process of its own; whether it came to its end, False when it was killed."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
    return status == 0


def die_at(store: Engine | type[Engine], deadly: int) -> None:
    """Kill this process at its ``deadly``-th commit from now, before the database hears of it."""
    commits = count(1)

    def kill(_connection: object) -> None:
        if next(commits) == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store, "commit", kill)


def die_after(words: str, times: int, commits: int) -> None:
    """Kill this process ``commits`` commits after a statement that starts with ``words`` ran that often."""
    ran = count(1)

    def arm(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(words) and next(ran) == times:
            die_at(Engine, commits)

    event.listen(Engine, "before_cursor_execute", arm)
