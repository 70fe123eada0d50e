"""How long a body may take to come, watched for all requests at once: a timer for each would cost more."""

import asyncio

from starlette.types import Message, Receive

_LOOKS = 10


class BodyDeadline:
    """Ends the wait for a body that has not come whole after ``seconds``, a tenth of that late at most.

    For one event loop.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._between_looks = seconds / _LOOKS
        self._waiting: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._is_looking = False

    def watched(self, receive: Receive) -> Receive:
        """A ``receive`` that raises TimeoutError unless the body comes whole in time, from now on."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        whole = False

        async def received() -> Message:
            nonlocal whole
            if whole:  # from now on it tells when the caller goes away, and that may take long
                return await receive()
            message = await self._in_time(receive, deadline, loop)
            whole = not message.get("more_body", False)
            return message

        return received

    async def _in_time(self, receive: Receive, deadline: float, loop: asyncio.AbstractEventLoop) -> Message:
        task = asyncio.current_task()
        assert task is not None, "an ASGI server runs every request in a task"
        self._waiting[task] = deadline
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(self._between_looks, self._look, loop)
        try:
            return await receive()
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            self._late.remove(task)
            task.uncancel()
            raise TimeoutError from None
        finally:
            del self._waiting[task]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, deadline in self._waiting.items() if deadline <= now]:
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._is_looking = bool(self._waiting)
        if self._is_looking:
            loop.call_later(self._between_looks, self._look, loop)
