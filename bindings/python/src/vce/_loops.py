"""Delivery reports for asyncio: loops watch the library's descriptor, no thread waits."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from typing import Any

from . import _exit, _fork, _reports
from ._call import Handle
from ._native import library
from .errors import ClosedError, QueueFullError, Status, VceError
from .event import Event

# How many reports are taken before the loop's other callbacks have their turn.
_BATCH = 100
# After closing every report is there already, or about to be.
_LAST_MS = 1000


class Reports(_exit.Sender):
    """The events of one client, and the loops that wait for their reports.

    A loop watches the descriptor only while it waits for something.  Any loop
    takes any report: the descriptor doesn't tell whose it is.
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self.start_anew()
        _fork.survive_forks(self)

    def start_anew(self) -> None:
        self._tags = itertools.count()
        self._waiting: dict[int, asyncio.Future[Event]] = {}
        # Wake-ups for those who wait until some report has been taken.
        self._wakeups: set[asyncio.Future[None]] = set()
        self._watchers: dict[AbstractEventLoop, int] = {}
        self._turns: dict[AbstractEventLoop, asyncio.Lock] = {}

    async def enqueue(self, event: _reports.Encoded) -> asyncio.Future[Event]:
        """Hand an event over as soon as the queue has room, and promise its report."""
        loop = asyncio.get_running_loop()
        turn = self._turns.setdefault(loop, asyncio.Lock())
        # First come, first served; else large events might wait for ever.
        async with turn:
            try:
                return self._enqueue(loop, event)
            except QueueFullError:
                pass
            with self._wakeup(loop) as wakeup:
                while True:
                    try:
                        return self._enqueue(loop, event)
                    except QueueFullError:
                        if not self._waiting:
                            raise  # It is larger than the whole queue.
                    await wakeup()

    async def flush(self, timeout: float | None) -> int:
        """Wait until every report has been taken; how many have not."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _reports.seconds(timeout)
        with self._wakeup(loop) as wakeup:
            while self._waiting and (left := deadline - loop.time()) > 0:
                await wakeup(left)
        return len(self._waiting)

    def finish(self) -> None:
        while (taken := _reports.take_report(self.handle, _LAST_MS)) is not None:
            self._settle(*taken)
        self._wake()

    def __del__(self) -> None:
        if self._waiting and not self.refusing:
            # The loop that watched was closed.
            _exit.deliver_orphans(self.handle)

    def _enqueue(self, loop: AbstractEventLoop, event: _reports.Encoded) -> asyncio.Future[Event]:
        if self.refusing:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        future: asyncio.Future[Event] = loop.create_future()
        tag = next(self._tags)
        self._watch(loop)
        self._waiting[tag] = future
        try:
            _reports.enqueue(self.handle, tag, event)
        except BaseException:
            del self._waiting[tag]
            self._unwatch(loop)
            raise
        return future

    def _watch(self, loop: AbstractEventLoop) -> None:
        if loop not in self._watchers:
            _exit.deliver_before_exit(self)
            self._forget_closed_loops()
            loop.add_reader(self._descriptor(), self._take)
        self._watchers[loop] = self._watchers.get(loop, 0) + 1

    def _forget_closed_loops(self) -> None:
        for loop in {*list(self._watchers), *list(self._turns)}:
            if loop.is_closed():
                self._watchers.pop(loop, None)
                self._turns.pop(loop, None)

    def _unwatch(self, loop: AbstractEventLoop) -> None:
        self._watchers[loop] -= 1
        if not self._watchers[loop]:
            del self._watchers[loop]
            loop.remove_reader(self._descriptor())

    def _descriptor(self) -> int:
        descriptor: int = library().vce_report_fd(self.handle.pointer)
        if descriptor < 0:
            raise OSError(errno.EMFILE, "no descriptor is left to wait for delivery reports")
        return descriptor

    def _take(self) -> None:
        for _ in range(_BATCH):
            taken = _reports.take_report(self.handle, 0)
            if taken is None:
                break
            self._settle(*taken)
        self._wake()

    def _settle(self, tag: int, result: _reports.Result) -> None:
        future = self._waiting.pop(tag, None)
        if future is not None:
            _in_its_loop(future, self._resolve, future, result)

    def _resolve(self, future: asyncio.Future[Event], result: _reports.Result) -> None:
        self._unwatch(future.get_loop())
        if isinstance(result, VceError):
            future.set_exception(result)
        else:
            future.set_result(result)

    @contextlib.contextmanager
    def _wakeup(self, loop: AbstractEventLoop) -> Iterator[Callable[..., Any]]:
        """Something to await until some report has been taken since the last time."""
        taken: asyncio.Future[None] = loop.create_future()
        self._watch(loop)
        self._wakeups.add(taken)

        async def wakeup(timeout: float | None = None) -> None:
            nonlocal taken
            await asyncio.wait({taken}, timeout=timeout)
            self._wakeups.discard(taken)
            taken = loop.create_future()
            self._wakeups.add(taken)

        try:
            yield wakeup
        finally:
            self._wakeups.discard(taken)
            self._unwatch(loop)

    def _wake(self) -> None:
        for taken in list(self._wakeups):
            _in_its_loop(taken, _mark, taken)


def _mark(taken: asyncio.Future[None]) -> None:
    if not taken.done():
        taken.set_result(None)


def _in_its_loop(future: asyncio.Future[Any], callback: Callable[..., None], *args: Any) -> None:
    loop = future.get_loop()
    if loop is _running_loop():
        callback(*args)
    else:
        # In a closed loop nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(callback, *args)


def _running_loop() -> AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
